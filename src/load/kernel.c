/* SPDX-License-Identifier: GPL-2.0-only */
/* What the checks need of a kernel, taken from its image and configuration. */
#include <errno.h>

#include "load/arch/arch.h"

static bool is_set(const struct image *image, const char *option)
{
	const char *value = image_config(image, option);

	return value && (value[0] == 'y' || value[0] == 'm');
}

static int read_vermagic(struct load_kernel *kernel, struct err *err)
{
	kernel->vermagic = image_vermagic(kernel->image);
	if (!kernel->vermagic)
		return err_set(err, -ENOTSUP, "the image of kernel %s does not tell its vermagic",
			       kernel->release);
	return 0;
}

static void read_options(struct load_kernel *kernel)
{
	const struct image *image = kernel->image;
	uint32_t offset, size;

	kernel->modversions = kernel->has_layout && kernel->layout.has_crc;
	kernel->force_load = is_set(image, "CONFIG_MODULE_FORCE_LOAD");
	kernel->signatures = is_set(image, "CONFIG_MODULE_SIG");
	kernel->export_flags = image_member(image, "module", "flagstab", &offset, &size, NULL) == 0;
	kernel->marks = is_set(image, "CONFIG_X86_KERNEL_IBT");
	kernel->tells_unpatched = image_address(image, "warn_thunk_thunk") != 0;
	kernel->sig_force = is_set(image, "CONFIG_MODULE_SIG_FORCE");
	kernel->decompress = is_set(image, "CONFIG_MODULE_DECOMPRESS");
	kernel->dynamic_ftrace = is_set(image, "CONFIG_DYNAMIC_FTRACE");
	kernel->plts = is_set(image, "CONFIG_ARM64_MODULE_PLTS") ||
		       is_set(image, "CONFIG_MODULE_SECTIONS") ||
		       image_address(image, "module_emit_plt_entry");
	kernel->execmem = image_address(image, "execmem_alloc") != 0;
	kernel->dynamic_debug = is_set(image, "CONFIG_DYNAMIC_DEBUG_CORE");
	kernel->btf = is_set(image, "CONFIG_DEBUG_INFO_BTF_MODULES");
	kernel->btf_base = image_address(image, "btf_relocate") != 0;
	kernel->btf_mismatch = is_set(image, "CONFIG_MODULE_ALLOW_BTF_MISMATCH");
	kernel->tracing = is_set(image, "CONFIG_EVENT_TRACING");
	kernel->constructors = is_set(image, "CONFIG_CONSTRUCTORS");
	kernel->livepatch = is_set(image, "CONFIG_LIVEPATCH");
	kernel->retpoline =
		is_set(image, "CONFIG_RETPOLINE") || is_set(image, "CONFIG_MITIGATION_RETPOLINE");
	for (int i = 0; i < SERIES_DELTAS; i++)
		kernel->has[i] = series_has(kernel->release, (enum series_delta)i);
}

static int read_exports(struct load_kernel *kernel, struct err *err)
{
	if (image_export_count(kernel->image) == 0)
		return err_set(err, -ENOTSUP,
			       "the image of kernel %s does not tell what it exports",
			       kernel->release);
	kernel->has_layout = image_export(kernel->image, "module_layout", &kernel->layout);
	return 0;
}

static void add_unknown(struct load_kernel *kernel, const char *sentence)
{
	kernel->unknown[kernel->unknown_count++] = sentence;
}

/* Without BTF: the name has always been the third member, behind the state and a list. refcnt is
 * the last member that the loader uses, where there are modules that can go. */
static void read_structure(struct load_kernel *kernel)
{
	enum { NAME_OFFSET = 24, NAME_SIZE = 56 };
	const struct image *image = kernel->image;
	uint32_t offset, size;

	if (image_sizeof(image, "module", &kernel->module_size, NULL) < 0 ||
	    image_member(image, "module", "name", &kernel->name_offset, &kernel->name_size, NULL) <
		    0 ||
	    image_member(image, "module", "init", &kernel->init_offset, &size, NULL) < 0) {
		kernel->module_size = kernel->init_offset = 0;
		kernel->name_offset = NAME_OFFSET;
		kernel->name_size = NAME_SIZE;
		add_unknown(kernel, "whether the module structure has the right size: there is no "
				    "type information");
	}
	if (image_sizeof(image, "alt_instr", &kernel->alternative_size, NULL) < 0 ||
	    image_sizeof(image, "orc_entry", &kernel->orc_size, NULL) < 0 ||
	    image_member(image, "cpuinfo_x86", "x86_capability", &offset, &kernel->capabilities,
			 NULL) < 0)
		kernel->alternative_size = kernel->orc_size = 0;
	kernel->module_used = kernel->module_size;
	if (image_member(image, "module", "exit", &kernel->exit_offset, &size, NULL) < 0)
		kernel->exit_offset = 0;
	if (kernel->module_size &&
	    image_member(image, "module", "refcnt", &offset, &size, NULL) == 0)
		kernel->module_used = offset + size;
}

uint64_t load_kernel_address(const struct load_kernel *kernel, const char *name)
{
	uint64_t address = image_address(kernel->image, name);

	if (!address || !kernel->linked)
		return kernel->arch->kernel_text;
	return address - kernel->linked + kernel->arch->kernel_text;
}

bool load_kernel_covers(const struct load_kernel *kernel, uint64_t address)
{
	return address >= kernel->arch->kernel_text && address < kernel->end;
}

const unsigned char *load_kernel_bytes(const struct load_kernel *kernel, uint64_t address,
				       uint64_t length)
{
	uint64_t linked = address - kernel->arch->kernel_text + kernel->linked;
	struct span bytes = image_at(kernel->image, linked, length);

	return bytes.n == length ? bytes.p : NULL;
}

static int read_kernel(struct load_kernel *kernel, struct err *err)
{
	int code;

	kernel->release = image_release(kernel->image);
	kernel->linked = image_address(kernel->image, "_text");
	kernel->arch = arch_find(image_machine(kernel->image));
	if (!kernel->arch)
		return err_set(err, -ENOTSUP,
			       "kernel %s is for %s, and lkm does not know how its loader works",
			       kernel->release, ko_machine_name(image_machine(kernel->image)));
	kernel->text_end = kernel->linked ? load_kernel_address(kernel, "_etext") : UINT64_MAX;
	kernel->end = kernel->linked ? load_kernel_address(kernel, "_end") : UINT64_MAX;
	if (!image_config(kernel->image, "CONFIG_MODULES"))
		return err_set(err, -ENOTSUP,
			       "the configuration of kernel %s is not at hand (boot/config-%s)",
			       kernel->release, kernel->release);
	code = read_vermagic(kernel, err);
	if (code == 0)
		code = read_exports(kernel, err);
	if (code == 0)
		code = load_keys_read(kernel, err);
	if (code < 0)
		return code;
	read_structure(kernel);
	structure_read(kernel);
	read_options(kernel);
	image_types(kernel->image, &kernel->types);
	if (kernel->signatures && !kernel->keys_known)
		add_unknown(kernel, "whether a signature is good: no keys are at hand");
	return 0;
}

int load_kernel_open(struct load_kernel **out, const struct image *image, struct err *err)
{
	DEFER(load_kernel_closep) struct load_kernel *kernel = mem_zalloc(sizeof(*kernel));
	int code;

	if (!kernel)
		return err_no_memory(err);
	kernel->image = image;
	code = read_kernel(kernel, err);
	if (code == 0)
		code = builtin_read(kernel, err);
	if (code == 0)
		*out = take_ptr(&kernel);
	return code;
}

const char *const *load_kernel_unknown(const struct load_kernel *kernel, size_t *count)
{
	*count = kernel->unknown_count;
	return kernel->unknown;
}

void load_kernel_close(struct load_kernel *kernel)
{
	if (!kernel)
		return;
	keyring_free(kernel->keys);
	map_free(&kernel->built_in);
	mem_free(kernel);
}
