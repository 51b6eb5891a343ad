/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/program.h"
#include "ko/ko.h"
#include "sign/verify.h"

static int refuse_signed(const struct sign_job *job, const char *path, struct err *err)
{
	if (job->strip)
		return err_set(err, -EEXIST,
			       "%s is signed, and stripping it would destroy that; --replace takes "
			       "the signature off first",
			       path);
	return err_set(err, -EEXIST,
		       "%s is signed already; --replace takes the old signature off first", path);
}

/* What is to be signed: the module without signatures that it has. */
static int find_content(const struct sign_job *job, const char *path, struct span *bytes,
			struct err *err)
{
	struct ko_signature signature;

	for (ko_signature_split(*bytes, &signature); signature.trailer != KO_TRAILER_NONE;
	     ko_signature_split(*bytes, &signature)) {
		if (!job->replace)
			return refuse_signed(job, path, err);
		if (!signature.appended.n)
			return err_set(
				err, -EBADMSG,
				"what stands at the end of %s is no whole signature: get the "
				"module again",
				path);
		*bytes = signature.content;
	}
	return 0;
}

static int check_module(const char *path, struct span bytes, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;

	if (span_starts(bytes, SPAN_LITERAL("MZ")))
		return err_set(err, -ENOEXEC,
			       "%s is a program of EFI, as kernels are; sign it with sbsign", path);
	return ko_open_bytes(&ko, bytes, path, err);
}

static int strip_in(const char *directory, const struct sign_job *job, struct span module,
		    struct buf *out, struct err *err)
{
	DEFER(mem_freep) char *copy = mem_format("%s/module.ko", directory);
	const char *const argv[] = {job->strip, "--strip-debug", copy, NULL};
	int code;

	if (!copy)
		return err_no_memory(err);
	code = file_replace(copy, module, 0600, err);
	if (code == 0)
		code = program_run(&(struct program){.argv = argv}, err);
	return code < 0 ? code : file_read(copy, KO_UNPACKED_MAX, out, err);
}

static int strip(const struct sign_job *job, struct span module, struct buf *out, struct err *err)
{
	const char *top = getenv("TMPDIR");
	DEFER(mem_freep) char *directory = mem_format("%s/lkm-strip-XXXXXX", top ? top : "/tmp");
	int code;

	if (!directory)
		return err_no_memory(err);
	if (!mkdtemp(directory))
		return err_errno(err, "cannot create a directory in %s", top ? top : "/tmp");
	code = strip_in(directory, job, module, out, err);
	file_remove_tree(directory, NULL);
	return code;
}

/* A module and what goes behind it, which need not lie together in memory. */
struct parts {
	struct span module, appended;
};

static int write_like(const char *path, const struct stat *like, const struct parts *parts,
		      struct err *err)
{
	DEFER(file_abandon) struct file_new file = {.fd = -1};
	int code = file_create(path, 0600, &file, err);

	if (code < 0)
		return code;
	if (fchown(file.fd, like->st_uid, like->st_gid) < 0 && geteuid() == 0)
		return err_errno(err, "cannot give %s its owner", path);
	if (fchmod(file.fd, like->st_mode & 07777) < 0)
		return err_errno(err, "cannot give %s its mode", path);
	code = file_write_all(file.fd, parts->module.p, parts->module.n, path, err);
	if (code == 0)
		code = file_write_all(file.fd, parts->appended.p, parts->appended.n, path, err);
	return code < 0 ? code : file_commit(&file, err);
}

/* The parts become one again, packed. */
static int pack(enum ko_container container, struct parts *parts, struct buf *packed,
		struct err *err)
{
	DEFER(buf_free) struct buf whole = {0};
	int code;

	buf_add(&whole, parts->module.p, parts->module.n);
	buf_add(&whole, parts->appended.p, parts->appended.n);
	if (buf_failed(&whole))
		return err_no_memory(err);
	code = ko_container_pack(container, buf_span(&whole), packed, err);
	*parts = (struct parts){.module = buf_span(packed)};
	return code;
}

/* A symbolic link stays one: what it leads to is replaced. */
static int write_module(const struct sign_job *job, const char *path, enum ko_container container,
			struct parts parts, struct err *err)
{
	DEFER(buf_free) struct buf packed = {0};
	char *target = realpath(path, NULL);
	struct stat like;
	int code = 0;

	if (!target || stat(target, &like) < 0)
		code = err_errno(err, "cannot read %s", path);
	if (code == 0 && container != KO_PLAIN)
		code = pack(container, &parts, &packed, err);
	if (code == 0)
		code = write_like(job->output ? job->output : target, &like, &parts, err);
	free(target);
	return code;
}

static int write_detached(const char *path, const struct sign_job *job, struct span message,
			  struct err *err)
{
	DEFER(mem_freep) char *beside = mem_format("%s.p7s", path);

	if (!job->output && !beside)
		return err_no_memory(err);
	return file_replace(job->output ? job->output : beside, message, 0644, err);
}

static int check_message(const struct sign_job *job, const char *path, struct span module,
			 struct err *err)
{
	static const struct sign_kernel any;
	struct sign_verdict verdict;
	int code =
		sign_verify_message(job->certificates, &any, module, job->message, &verdict, err);

	if (code == 0 && verdict.code < 0)
		code = err_set(err, -EKEYREJECTED, "the signature is not that of %s: %s", path,
			       verdict.sentence);
	return code;
}

/* Signs the module, or takes the signature that there is. */
static int make_message(const struct sign_job *job, const char *path, struct span module,
			struct buf *message, struct err *err)
{
	int code = 0;

	if (job->signer)
		return signer_sign(job->signer, module, message, err);
	if (job->certificates)
		code = check_message(job, path, module, err);
	buf_add(message, job->message.p, job->message.n);
	return code == 0 && buf_failed(message) ? err_no_memory(err) : code;
}

static int sign_content(const struct sign_job *job, const char *path, enum ko_container container,
			struct span content, struct err *err)
{
	DEFER(buf_free) struct buf stripped = {0}, message = {0}, appended = {0};
	int code = job->strip ? strip(job, content, &stripped, err) : 0;

	if (code == 0 && job->strip)
		content = buf_span(&stripped);
	if (code == 0)
		code = make_message(job, path, content, &message, err);
	if (code < 0)
		return code;
	if (job->detached)
		return write_detached(path, job, buf_span(&message), err);
	if (message.n)
		ko_signature_append(&appended, buf_span(&message));
	if (buf_failed(&appended))
		return err_no_memory(err);
	return write_module(job, path, container, (struct parts){content, buf_span(&appended)},
			    err);
}

/* A device or a pipe would be replaced by a file: /dev/null on the whole machine. */
static int check_place(const struct sign_job *job, struct err *err)
{
	struct stat st;

	if (!job->output || lstat(job->output, &st) < 0 || S_ISREG(st.st_mode))
		return 0;
	return err_set(err, -EINVAL,
		       "%s is not a regular file, and is not replaced by one; name another output",
		       job->output);
}

int sign_file(const struct sign_job *job, const char *path, struct err *err)
{
	DEFER(file_unmap) struct file_map map = {0};
	DEFER(buf_free) struct buf unpacked = {0};
	enum ko_container container;
	struct span bytes;
	int code = check_place(job, err);

	if (code == 0)
		code = file_map(path, &map, err);
	if (code < 0)
		return code;
	bytes = map.bytes;
	container = ko_container_of(bytes);
	if (container != KO_PLAIN) {
		code = ko_container_unpack(bytes, path, KO_UNPACKED_MAX, &unpacked, err);
		bytes = buf_span(&unpacked);
	}
	if (code == 0)
		code = check_module(path, bytes, err);
	if (code == 0)
		code = find_content(job, path, &bytes, err);
	return code < 0 ? code : sign_content(job, path, container, bytes, err);
}
