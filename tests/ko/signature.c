/* SPDX-License-Identifier: GPL-2.0-only */
/* The signature at a file's end: the trailer, and the message behind it, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "ko/der.h"
#include "ko/signature.h"

#define MARKER "~Module signature appended~\n"

/* An element around what is in content, which is used up. */
static struct buf element(unsigned int tag, struct buf content)
{
	struct buf out = {0};
	unsigned char head[4] = {(unsigned char)tag, 0x82, (unsigned char)(content.n >> 8),
				 (unsigned char)content.n};

	buf_add(&out, head, sizeof(head));
	buf_add(&out, content.p, content.n);
	buf_free(&content);
	return out;
}

static struct buf bytes(const void *p, size_t n)
{
	struct buf out = {0};

	buf_add(&out, p, n);
	return out;
}

static struct buf join(struct buf a, struct buf b)
{
	buf_add(&a, b.p, b.n);
	buf_free(&b);
	return a;
}

#define B(text) bytes(text, sizeof(text) - 1)
#define SIGNED_DATA B("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define DATA B("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define SHA256 B("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define SHA999 B("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x7f")
#define RSA B("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00")
#define VERSION1 B("\x02\x01\x01")
#define VERSION3 B("\x02\x01\x03")
#define NAME B("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02me")
#define SERIAL B("\x02\x02\x12\x34")
#define NOTHING bytes("", 0)

static struct buf signer(struct buf version, struct buf identity, struct buf hash,
			 struct buf attributes)
{
	struct buf rest = join(join(attributes, RSA), B("\x04\x03sig"));

	return element(DER_SEQUENCE, join(join(version, identity), join(hash, rest)));
}

static struct buf message(struct buf version, struct buf content, struct buf signers)
{
	struct buf head =
		join(join(version, element(DER_SET, NOTHING)), element(DER_SEQUENCE, content));
	struct buf data = element(DER_SEQUENCE, join(head, element(DER_SET, signers)));

	return element(DER_SEQUENCE, join(SIGNED_DATA, element(0xa0, data)));
}

static struct buf by_serial(void)
{
	return element(DER_SEQUENCE, join(NAME, SERIAL));
}

static void test_message(void **state)
{
	struct buf whole = message(VERSION1, DATA, signer(VERSION1, by_serial(), SHA256, NOTHING));
	struct ko_pkcs7 pkcs7;
	struct span name;

	assert_int_equal(ko_pkcs7_read(buf_span(&whole), &pkcs7), KO_MESSAGE_FINE);
	assert_int_equal(pkcs7.signers.n, 1);
	assert_true(pkcs7.is_data);
	assert_false(pkcs7.has_content);
	assert_int_equal(pkcs7.signers.p[0].hash, KO_HASH_SHA256);
	assert_int_equal(pkcs7.signers.p[0].key, KO_KEY_RSA);
	assert_true(span_equal(pkcs7.signers.p[0].serial, SPAN_LITERAL("\x12\x34")));
	assert_true(span_equal(pkcs7.signers.p[0].signature, SPAN_LITERAL("sig")));
	name = ko_der_common_name(pkcs7.signers.p[0].issuer);
	assert_true(span_equal(name, SPAN_LITERAL("me")));
	ko_pkcs7_free(&pkcs7);
	for (size_t n = 0; n < whole.n; n++) { /* cut short anywhere, it is malformed */
		assert_int_equal(ko_pkcs7_read(span_of(whole.p, n), &pkcs7), KO_MESSAGE_MALFORMED);
		ko_pkcs7_free(&pkcs7);
	}
	buf_free(&whole);
}

static void expect(struct buf whole, enum ko_message fault)
{
	struct ko_pkcs7 pkcs7;

	assert_int_equal(ko_pkcs7_read(buf_span(&whole), &pkcs7), fault);
	ko_pkcs7_free(&pkcs7);
	buf_free(&whole);
}

static void test_faults(void **state)
{
	expect(element(DER_SEQUENCE, DATA), KO_MESSAGE_NOT_SIGNED_DATA);
	expect(message(B("\x02\x01\x02"), DATA, NOTHING), KO_MESSAGE_DATA_VERSION);
	expect(message(VERSION1, SIGNED_DATA, NOTHING), KO_MESSAGE_CONTENT_KIND);
	expect(message(VERSION1, DATA, signer(VERSION3, by_serial(), SHA256, NOTHING)),
	       KO_MESSAGE_VERSIONS);
	expect(message(VERSION1, DATA, signer(B("\x02\x01\x07"), by_serial(), SHA256, NOTHING)),
	       KO_MESSAGE_SIGNER_VERSION);
	expect(message(VERSION1, DATA, signer(VERSION1, by_serial(), SHA999, NOTHING)),
	       KO_MESSAGE_HASH);
	expect(message(VERSION1, DATA, NOTHING), KO_MESSAGE_MALFORMED); /* nobody signed */
}

static void test_attributes_and_content(void **state)
{
	struct buf kind = B("\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"
			    "\x31\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");
	struct buf digest = B("\x30\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"
			      "\x31\x03\x04\x01x");
	struct buf attributes = element(0xa0, join(kind, digest));
	struct buf inside = join(DATA, element(0xa0, B("\x04\x01x")));
	struct buf whole =
		message(VERSION3, inside, signer(VERSION3, B("\x80\x02id"), SHA256, attributes));
	struct ko_pkcs7 pkcs7;

	assert_int_equal(ko_pkcs7_read(buf_span(&whole), &pkcs7), KO_MESSAGE_FINE);
	assert_true(pkcs7.has_content);
	assert_true(pkcs7.signers.p[0].has_attributes);
	assert_true(span_equal(pkcs7.signers.p[0].key_id, SPAN_LITERAL("id")));
	assert_int_equal(pkcs7.signers.p[0].issuer.n, 0);
	ko_pkcs7_free(&pkcs7);
	buf_free(&whole);
}

/* Lengths that are open until two zeros (BER), in each other. */
static void test_open_length(void **state)
{
	struct span rest = SPAN_LITERAL("\x30\x80\x31\x80\x02\x01\x05\0\0\0\0tail");
	struct ko_der outer, inner;

	assert_true(ko_der_take(&rest, DER_SEQUENCE, &outer));
	assert_true(span_equal(rest, SPAN_LITERAL("tail")));
	assert_true(ko_der_take(&outer.content, DER_SET, &inner));
	assert_int_equal(outer.content.n, 0);
	assert_true(span_equal(inner.content, SPAN_LITERAL("\x02\x01\x05")));
	rest = SPAN_LITERAL("\x30\x80\x02\x01\x05\0");
	assert_false(ko_der_next(&rest, &outer));
	rest = SPAN_LITERAL("\x02\x80\0\0"); /* only what holds elements may be open */
	assert_false(ko_der_next(&rest, &outer));
}

/* 64 KiB of openings, each in the one before. */
static void test_depth(void **state)
{
	struct buf deep = {0};
	struct ko_der out;
	struct span rest;

	for (int i = 0; i < 32768; i++)
		buf_add(&deep, "\x30\x80", 2);
	rest = buf_span(&deep);
	assert_false(ko_der_next(&rest, &out));
	buf_free(&deep);
}

static enum ko_trailer split(struct span file, size_t content)
{
	struct ko_signature signature;

	ko_signature_split(file, &signature);
	assert_int_equal(signature.content.n, content);
	return signature.trailer;
}

static void test_trailer(void **state)
{
	struct ko_signature signature;
	struct buf file = {0};

	buf_text(&file, "module");
	ko_signature_append(&file, SPAN_LITERAL("message"));
	ko_signature_split(buf_span(&file), &signature);
	assert_int_equal(signature.trailer, KO_TRAILER_FINE);
	assert_true(span_equal(signature.content, SPAN_LITERAL("module")));
	assert_true(span_equal(signature.message, SPAN_LITERAL("message")));
	assert_int_equal(signature.appended.n, file.n - 6);
	buf_text(&file, "\n");
	assert_int_equal(split(buf_span(&file), file.n), KO_TRAILER_NONE);
	buf_free(&file);
#define FILE_OF(trailer) SPAN_LITERAL("module" trailer MARKER)
	assert_int_equal(split(SPAN_LITERAL(MARKER), 28), KO_TRAILER_NONE);
	assert_int_equal(split(SPAN_LITERAL("x" MARKER), 1), KO_TRAILER_SHORT);
	assert_int_equal(split(FILE_OF("\0\0\2\0\0\0\0\0\0\0\0\6"), 6), KO_TRAILER_LENGTH);
	assert_int_equal(split(FILE_OF("\0\0\2\0\0\0\0\0\xff\xff\xff\xff"), 6), KO_TRAILER_LENGTH);
	assert_int_equal(split(FILE_OF("\0\0\1\0\0\0\0\0\0\0\0\2"), 4), KO_TRAILER_TYPE);
	assert_int_equal(split(FILE_OF("\0\0\2\0\0\1\0\0\0\0\0\2"), 4), KO_TRAILER_FIELDS);
	assert_int_equal(split(FILE_OF("\0\0\2\0\0\0\0\0\0\0\0\0"), 6), KO_TRAILER_FINE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),	    cmocka_unit_test(test_faults),
		cmocka_unit_test(test_open_length), cmocka_unit_test(test_attributes_and_content),
		cmocka_unit_test(test_depth),	    cmocka_unit_test(test_trailer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
