/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/revoked.h"

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "sign/efi.h"

enum { PREFIX = 4, WORD_MAX = PREFIX + 128 }; /* a kernel takes 128 digits at most */
#define LARGEST ((size_t)16 << 20)

static int add_word(struct revoked *revoked, struct span word, struct err *err)
{
	const char *copy = arena_strndup(revoked->arena, (const char *)word.p, word.n);

	if (!copy || !map_add(&revoked->words, span_text(copy), (void *)copy))
		return err_no_memory(err);
	return 0;
}

static size_t digits(struct span text)
{
	size_t n = 0;

	while (n < text.n &&
	       ((text.p[n] >= '0' && text.p[n] <= '9') || (text.p[n] >= 'a' && text.p[n] <= 'f')))
		n++;
	return n;
}

int revoked_add_text(struct revoked *revoked, struct span text, struct err *err)
{
	static const struct span kinds[] = {SPAN_LITERAL("bin:"), SPAN_LITERAL("tbs:")};
	int code = 0;

	for (; text.n > PREFIX && code == 0; text = span_of(text.p + 1, text.n - 1)) {
		size_t length;

		if (!span_starts(text, kinds[0]) && !span_starts(text, kinds[1]))
			continue;
		length = PREFIX + digits(span_of(text.p + PREFIX, text.n - PREFIX));
		if (length > PREFIX && length <= WORD_MAX)
			code = add_word(revoked, span_of(text.p, length), err);
	}
	return code;
}

static void write_word(char *out, const char *kind, struct span digest)
{
	size_t at = (size_t)sprintf(out, "%s:", kind);

	for (size_t i = 0; i < digest.n; i++)
		at += (size_t)sprintf(out + at, "%02x", digest.p[i]);
}

int revoked_add_lists(struct revoked *revoked, struct span lists, struct err *err)
{
	struct efi_list list;
	struct span hash;
	int code = 0;

	while (efi_list_next(&lists, &list)) {
		const char *kind = list.type == EFI_SHA256	  ? "bin"
				   : list.type == EFI_X509_SHA256 ? "tbs"
								  : NULL;

		for (size_t i = 0; kind && code == 0 && efi_list_get(&list, i, &hash); i++) {
			char word[WORD_MAX + 1];

			/* behind the hash of a certificate is the time of its revocation */
			if (hash.n < REVOKED_DIGEST)
				continue;
			write_word(word, kind, span_of(hash.p, REVOKED_DIGEST));
			code = add_word(revoked, span_text(word), err);
		}
	}
	return code;
}

int revoked_add_path(struct revoked *revoked, const char *path, struct err *err)
{
	DEFER(buf_free) struct buf file = {0};
	size_t before = revoked->words.n;
	int code = file_read(path, LARGEST, &file, err);

	if (code == 0)
		code = revoked_add_text(revoked, buf_span(&file), err);
	if (code == 0 && revoked->words.n == before)
		code = revoked_add_lists(revoked, buf_span(&file), err);
	if (code == 0 && revoked->words.n == before)
		code = err_set(err, -EINVAL,
			       "there is no revoked hash (bin:..., tbs:..., or an EFI signature "
			       "list) in %s",
			       path);
	return code;
}

bool revoked_has(const struct revoked *revoked, const char *kind,
		 const unsigned char digest[REVOKED_DIGEST])
{
	char word[WORD_MAX + 1];

	if (revoked->words.n == 0)
		return false;
	write_word(word, kind, span_of(digest, REVOKED_DIGEST));
	return map_get(&revoked->words, span_text(word)) != NULL;
}
