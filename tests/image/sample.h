/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds small kernel images for tests, in each of the forms that kernels have had. Written apart
 * from src/image, so that a mistake there is not made here too.
 *
 * The image has one segment (and one of per-CPU data) and these symbols, here without their place:
 *
 *	A cpu_zero, A cpu_four		in per-CPU data, at 0 and 4; only with that segment
 *	T _text				the first byte
 *	t f0 ... f599			16 bytes apart from 0x100 on
 *	t twice, t twice		local, the same name
 *	t both, T both			local and global
 *	t __pfx_padded, T padded	16 bytes of padding before a function
 *	T same_a, T same_b		one address
 *	D linux_banner, D init_task ...	data
 */
#ifndef LKM_TESTS_IMAGE_SAMPLE_H
#define LKM_TESTS_IMAGE_SAMPLE_H

#include "base/buf.h"

#define SAMPLE_BASE 0xffffffff81000000u
#define SAMPLE_RELEASE "6.99.0-1-sample"

enum sample_layout {
	SAMPLE_OLD,	 /* offsets, base, count, names, markers, tokens */
	SAMPLE_OLD_SEQS, /* the same with seqs behind the markers (6.1) */
	SAMPLE_NEW,	 /* count, names, markers, tokens, offsets, base (6.4 and later) */
	SAMPLE_PLACE,	 /* the same without base: offsets from their own places (7.0 and later) */
};

struct sample {
	enum sample_layout layout;
	bool percpu;	  /* a segment at 0, addresses signed, three lists of relocations */
	unsigned int pad; /* alignment of the tables: 8 or 4 */
	bool flag_table;  /* exports with __kflagstab instead of __ksymtab_gpl */
	bool no_crcs, no_kallsyms, no_relocs, no_btf, bad_reloc;
	const char *config;   /* embedded; NULL: none */
	unsigned int machine; /* 0: x86-64 */
	bool program;	      /* the segments are at a program's addresses */
};

enum { SAMPLE_FUNCTIONS = 600, SAMPLE_ABS64 = 900, SAMPLE_INVERSE = 70, SAMPLE_ABS32 = 400 };

void sample_vmlinux(const struct sample *sample, struct buf *out);

/* A bzImage around a payload, which is packed and has its size behind it when it needs that. */
void sample_bzimage(struct span payload, struct buf *out);
/* sample_btf.c: appends the types of the image. */
void sample_btf(struct buf *out);
/* Appends in as lz4 "legacy". */
void sample_lz4(struct span in, struct buf *out);
void sample_number(struct buf *out, unsigned int width, uint64_t value);

#endif
