// SPDX-License-Identifier: GPL-2.0-only
/* The supervisor's ear: forged frames, half ones, too many, and a thief of its questions. */
#include "hostile.h"

/* Those of wire.h; test-contained compares them. */
enum {
	WIRE_READY = 64,
	WIRE_LOG,
	WIRE_UEVENT,
	WIRE_REQUEST,
	WIRE_DATA,
	WIRE_NODES,
	WIRE_PART,
	WIRE_BLOCK,
	WIRE_SECTION,
	WIRE_RESULT,
	WIRE_END,
};

struct wire_header {
	u32 type, length;
	s64 value;
	u64 number;
};

int find_socket(void)
{
	unsigned long message[7] = {0};

	for (int fd = 0; fd < 64; fd++)
		if (call(46, fd, (long)message, 0x4000) >= 0)
			return fd;
	return -1;
}

static bool put(const void *bytes, unsigned long length)
{
	unsigned long part[2], message[7] = {0, 0, (unsigned long)part, 1};
	const int fd = find_socket();

	while (length) {
		long done;

		part[0] = (unsigned long)bytes;
		part[1] = length;
		done = call(46, fd, (long)message, 0x4000);
		if (done <= 0)
			return false;
		bytes += done;
		length -= done;
	}
	return true;
}

static bool say(u32 type, s64 value, u64 number, const void *bytes, u32 length)
{
	struct wire_header header = {type, length, value, number};

	return put(&header, sizeof(header)) && put(bytes, length);
}

static char noise[65536];

static void flood(u32 type)
{
	memset(noise, '\n', sizeof(noise));
	while (say(type, 0, 0, noise, sizeof(noise)))
		;
}

static void flood_log(void)
{
	flood(WIRE_LOG);
}

static void flood_data(void)
{
	flood(WIRE_DATA);
}

/* Many results of calls that nobody made, and odd names. */
static void forge_results(void)
{
	for (int i = 0; i < 100; i++)
		say(WIRE_RESULT, 0, 0, "", 0);
	say(WIRE_END, 1000, 0, "\e[2Jend", 7);
}

static void forge_nodes(void)
{
	memset(noise, 0xff, sizeof(noise));
	say(WIRE_NODES, 0, 0, noise, sizeof(noise));
	say(WIRE_PART, 0, 0, noise, sizeof(noise));
	say(WIRE_BLOCK, 0, 0, noise, sizeof(noise));
	say(WIRE_SECTION, 0, 0, noise, sizeof(noise));
	say(WIRE_UEVENT, 0, 0, noise, sizeof(noise));
}

static void forge_requests(void)
{
	static const char *const names[] = {
		"../../../../etc/passwd", "/etc/passwd", "", "*", "hostile", "\xff\xff"};

	for (int i = 0; i < ARRAY_SIZE(names); i++)
		say(WIRE_REQUEST, 0, 0, names[i], strlen(names[i]));
}

static void forge_length(void)
{
	struct wire_header header = {WIRE_LOG, 0xffffffff, 0, 0};

	put(&header, sizeof(header));
}

static void forge_half(void)
{
	struct wire_header header = {WIRE_LOG, 100, 0, 0};

	put(&header, sizeof(header));
	asm volatile("cli");
	for (;;)
		;
}

static void forge_type(void)
{
	say(0xdeadbeef, -1, -1, "", 0);
}

static void forge_ready(void)
{
	say(WIRE_READY, 0, 0, "no walls", 8);
}

static long hear(void *bytes, unsigned long length)
{
	return call(0, find_socket(), (long)bytes, length);
}

static void busy(unsigned long loops)
{
	for (volatile unsigned long i = 0; i < loops; i++)
		;
}

/* Whatever is asked goes well. */
static void impersonate(void)
{
	do
		say(WIRE_RESULT, 0, 0, "", 0);
	while (hear(noise, sizeof(noise)) > 0);
}

/* Never says what became of the call. */
static void steal(void)
{
	while (hear(noise, sizeof(noise)) > 0)
		;
}

static void drip(void)
{
	asm volatile("cli");
	while (say(WIRE_LOG, 6, 0, "x", 1))
		busy(1000000);
}

/* Asks for much, and reads so slowly that it never gets it. */
static void sip(void)
{
	static const char name[] = "amdgpu";

	asm volatile("cli");
	say(WIRE_REQUEST, 0, 0, name, strlen(name));
	while (hear(noise, sizeof(noise)) > 0)
		busy(300000000);
}

const struct act talk_acts[] = {
	{"flood-log", flood_log},
	{"flood-data", flood_data},
	{"results", forge_results},
	{"nodes", forge_nodes},
	{"requests", forge_requests},
	{"length", forge_length},
	{"half", forge_half},
	{"type", forge_type},
	{"ready", forge_ready},
	{"impersonate", impersonate},
	{"steal", steal},
	{"drip", drip},
	{"sip", sip},
	{},
};
