/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/hash.h"

enum { LANES = 4, BLOCK = LANES * 16 };

/* Any odd numbers with as many ones as zeroes; these are digits of square roots. */
static const uint64_t salt[LANES] = {
	0x6a09e667f3bcc909,
	0xbb67ae8584caa73b,
	0x3c6ef372fe94f82b,
	0xa54ff53a5f1d36f1,
};

/* The two halves of the 128-bit product, folded. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The lanes do not depend on each other, so that the multiplications overlap. */
static void add_block(uint64_t lane[LANES], const unsigned char *block)
{
	for (size_t i = 0; i < LANES; i++) {
		uint64_t word[2];

		memcpy(word, block + 16 * i, 16);
		lane[i] = mix(word[0] ^ salt[i], word[1] ^ lane[i]);
	}
}

uint64_t hash_bytes(struct span bytes)
{
	uint64_t lane[LANES] = {salt[1], salt[2], salt[3], salt[0]};
	unsigned char tail[BLOCK] = {0};
	size_t done = 0;

	for (; bytes.n - done >= BLOCK; done += BLOCK)
		add_block(lane, bytes.p + done);
	if (bytes.n > done)
		memcpy(tail, bytes.p + done, bytes.n - done);
	add_block(lane, tail);
	return mix(lane[0] ^ lane[2] ^ bytes.n, lane[1] ^ lane[3] ^ salt[3]);
}

static uint64_t load(const unsigned char *p, size_t length)
{
	uint64_t word = 0;

	if (length) /* an empty span may have no bytes to point to */
		memcpy(&word, p, length);
	return word;
}

/* Eight bytes at a time; the last eight may be counted twice. */
uint64_t hash_short(struct span bytes)
{
	uint64_t hash = salt[0] ^ bytes.n;
	size_t at = 0;

	if (bytes.n < 8)
		return mix(hash ^ load(bytes.p, bytes.n), salt[1]);
	for (; at + 8 < bytes.n; at += 8)
		hash = mix(hash ^ load(bytes.p + at, 8), salt[1]);
	return mix(hash ^ load(bytes.p + bytes.n - 8, 8), salt[2]);
}
