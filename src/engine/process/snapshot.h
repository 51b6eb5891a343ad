/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A booted kernel in a file.
 *
 *	header     one page: magic, key, lengths, checksum of header and tables (snapshot_file.h)
 *	state      our own variables that belong to the kernel (snapshot_state.c)
 *	runs       struct pages_run, what is vmapped, and how RAM is protected
 *	regions    stub area, vmemmap and RAM, each at a page boundary; pages of zeros are holes
 *
 * A process maps the regions privately at their addresses, so that a start costs some hundred
 * mmap() calls and copies nothing. The file is bound by its key to the kernel's content, this build
 * of lkm, the kernel's command line and the processor; it takes its name in one step.
 */
#ifndef LKM_ENGINE_PROCESS_SNAPSHOT_H
#define LKM_ENGINE_PROCESS_SNAPSHOT_H

#include <stdint.h>

#include "base/err.h"

/* What a snapshot depends on, as a number; kernel is image_identity() or another identity of the
 * kernel's file. */
uint64_t snapshot_key(uint64_t kernel, const char *command_line);

/* The same of the command line alone, short, for a file's name. */
uint32_t snapshot_words(const char *command_line);

/* Writes this process's kernel to fd, an empty file. */
int snapshot_save(int fd, uint64_t key, struct err *err);

/* Checks what can be checked without reading everything: length, header, key, tables. -ENOEXEC with
 * a sentence: it is of another build, or damaged. */
int snapshot_check(int fd, const char *path, uint64_t key, struct err *err);

/* Fills this process's memory from a file that has passed the check. */
int snapshot_restore(int fd, struct err *err);

/* Compares the pages with their checksum, all of them: for when a kernel behaved strangely. */
int snapshot_verify(int fd, const char *path, struct err *err);

#endif
