/* SPDX-License-Identifier: GPL-2.0-only */
/* What .modinfo says: vermagic, and the tags that taint; then sections and names. */
#include <errno.h>

#include "load/walk.h"

const char *modinfo_get(const struct walk *walk, const char *tag)
{
	size_t length = strlen(tag);

	vec_foreach (&walk->infos, info)
		if (strncmp(*info, tag, length) == 0 && (*info)[length] == '=')
			return *info + length + 1;
	return NULL;
}

/* With versions of symbols at hand, only what follows the release counts. */
static const char *compared(const struct walk *walk, const char *vermagic)
{
	const char *blank = walk->versions ? strchr(vermagic, ' ') : NULL;

	if (!walk->versions)
		return vermagic;
	return blank ? blank : vermagic + strlen(vermagic);
}

bool modinfo_vermagic_step(struct walk *walk)
{
	const char *wanted = walk->kernel->vermagic;
	const char *found =
		walk->request->flags & LOAD_IGNORE_VERMAGIC ? NULL : modinfo_get(walk, "vermagic");
	struct load_reason *reason;

	if (!found) {
		version_force(walk, "L-MOD-01", "bad vermagic",
			      "it does not tell the kernel that it is built for (vermagic)");
		return true;
	}
	if (strcmp(compared(walk, found), compared(walk, wanted)) == 0)
		return true;
	reason = walk_reason(walk, "L-MOD-02", -ENOEXEC, "it is built for another kernel");
	reason->wanted = wanted;
	reason->found = walk_text(walk, "%s", found);
	reason->fix = walk_text(walk, "build it against the headers of %s", walk->kernel->release);
	walk_line(walk, 3, "%s: version magic '%s' should be '%s'", walk->info_name, found, wanted);
	return true;
}

bool modinfo_is_gpl(const char *license)
{
	static const char *const known[] = {
		"GPL",		"GPL v2",	"GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(license, known[i]) == 0)
			return true;
	return false;
}

static void taint_once(struct walk *walk, unsigned int taint, const char *line)
{
	if (!walk_has_taint(walk, taint))
		walk_line(walk, 4, "%s: %s", walk->name, line);
	walk_taint(walk, taint);
}

static void check_retpoline(struct walk *walk)
{
	if (!walk->kernel->retpoline || modinfo_get(walk, "retpoline"))
		return;
	walk_reason(walk, "L-MOD-04", 0, "it is compiled without retpolines");
	walk_line(walk, 3, "Spectre V2 : System may be vulnerable to spectre v2");
	walk_line(walk, 4, "%s: loading module not compiled with retpoline compiler.", walk->name);
}

static void check_staging(struct walk *walk)
{
	if (!modinfo_get(walk, "staging"))
		return;
	walk_reason(walk, "L-MOD-05", 0, "it is a staging driver");
	walk_line(walk, 4,
		  "%s: module is from the staging directory, the quality is unknown, you have been "
		  "warned.",
		  walk->name);
	walk_taint(walk, LOAD_TAINT_C);
}

static void check_livepatch(struct walk *walk)
{
	if (!modinfo_get(walk, "livepatch"))
		return;
	if (!walk->kernel->livepatch) {
		walk_reason(walk, "L-MOD-07", -ENOEXEC, "the kernel has no livepatch support");
		walk_line(walk, 3,
			  "%s: module is marked as livepatch module, but livepatch support is "
			  "disabled",
			  walk->name);
		return;
	}
	walk_reason(walk, "L-MOD-06", 0, "it is a live patch");
	if (!walk_has_taint(walk, LOAD_TAINT_K))
		walk_line(walk, 5, "%s: tainting kernel with TAINT_LIVEPATCH", walk->name);
	walk_taint(walk, LOAD_TAINT_K);
}

static void check_license(struct walk *walk)
{
	const char *license = modinfo_get(walk, "license");

	if (!license)
		license = "unspecified";
	if (modinfo_is_gpl(license))
		return;
	walk_reason(walk, "L-MOD-08", 0, "its licence '%s' is not compatible with the GPL", license)
		->fix = "symbols exported for GPL modules are out of its reach; if its licence is "
			"the GPL, say MODULE_LICENSE(\"GPL\")";
	taint_once(walk, LOAD_TAINT_P,
		   walk_text(walk, "module license '%s' taints kernel.", license));
}

bool modinfo_taint_step(struct walk *walk)
{
	if (!modinfo_get(walk, "intree")) {
		walk_reason(walk, "L-MOD-03", 0, "it is built outside of the kernel's tree");
		taint_once(walk, LOAD_TAINT_O, "loading out-of-tree module taints kernel.");
	}
	check_retpoline(walk);
	check_staging(walk);
	check_livepatch(walk);
	check_license(walk);
	if (modinfo_get(walk, "test")) {
		walk_reason(walk, "L-MOD-09", 0, "it is a test module");
		taint_once(walk, LOAD_TAINT_N, "loading test module taints kernel.");
	}
	return true;
}

bool modinfo_early_step(struct walk *walk)
{
	modinfo_vermagic_step(walk);
	if (walk->step_code == 0)
		return modinfo_taint_step(walk);
	return true;
}

bool section_step(struct walk *walk)
{
	for (size_t i = 0; i < walk->section_count; i++) {
		const struct section *section = &walk->sections[i];
		uint64_t both = SHF_WRITE | SHF_EXECINSTR;

		if ((section->flags & both) != both)
			continue;
		walk_reason(walk, "L-SEC-01", -ENOEXEC,
			    "section %s is writable and executable at once", section->name);
		walk_line(walk, 3, "%s: section %s (index %zu) has invalid WRITE|EXEC flags",
			  walk->name, section->name, i);
		break;
	}
	return true;
}
