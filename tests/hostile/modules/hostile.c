// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks, in its init, the program that its kernel runs in: it knows that there is one, where its
 * addresses are kept, and how it talks to its supervisor. Elsewhere all of this is an oops.
 */
#include <asm/asm.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("attacks what it runs in");

static char *what = "nothing";
module_param(what, charp, 0);

/* What the program's headers say (layout.h, stub.h, wire.h). */
enum {
	STUB_WORDS = 0x0e00c000,
	STUB_SLOTS = 0x0e00e000,
	WORD_SERVE_STACK = 4,
	WIRE_READY = 64,
	WIRE_LOG,
	WIRE_UEVENT,
	WIRE_REQUEST,
	WIRE_DATA,
	WIRE_NODES,
	WIRE_BLOCK,
	WIRE_RESULT,
	WIRE_END,
};

struct wire_header {
	u32 type, length;
	s64 value;
	u64 number;
};

static long call6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long result;

	asm volatile("syscall"
		     : "=a"(result)
		     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return result;
}

static long call(long number, long a, long b, long c)
{
	return call6(number, a, b, c, 0, 0, 0);
}

/* ---- what the program keeps in our reach ---- */

static unsigned long host_stack(void)
{
	return ((unsigned long *)STUB_WORDS)[WORD_SERVE_STACK];
}

static unsigned long host_text(void)
{
	unsigned long *slot = (unsigned long *)STUB_SLOTS;

	while (*slot < 0x500000000000)
		slot++;
	return *slot;
}

/* A return address into the C library, or what looks like one. */
static unsigned long host_library(void)
{
	unsigned long *word = (unsigned long *)host_stack();

	while (*word < 0x700000000000 ||
	       (*word > host_stack() - (1 << 23) && *word < host_stack() + (1 << 23)))
		word++;
	return *word;
}

static void write_host_text(void)
{
	memset((void *)host_text(), 0xcc, 64);
}

static void write_host_stack(void)
{
	memset((void *)(host_stack() - 65536), 0xcc, 65536 + 1024);
}

/* A fault is passed over. */
static void try_to_write(char *to)
{
	asm volatile("1: movb $0xcc, (%0)\n2:\n" _ASM_EXTABLE(1b, 2b) : : "r"(to) : "memory");
}

/* All of it that can be written: data, tables of functions. */
static void write_around(unsigned long text)
{
	for (unsigned long at = (text & ~4095ul) - (4 << 20); at < text + (4 << 20); at += 8)
		try_to_write((char *)at);
}

static void write_host_data(void)
{
	write_around(host_text());
}

static void write_library_data(void)
{
	write_around(host_library());
}

static void write_stub_words(void)
{
	memset((void *)STUB_WORDS, 0xcc, 4096);
}

static void write_slots(void)
{
	memset((void *)STUB_SLOTS, 0xcc, 4096);
	msleep(10);
}

static void jump_into_library(void)
{
	((void (*)(void))(host_library() & ~0xffful))();
}

static void lose_thread_pointer(void)
{
	asm volatile("xor %%eax, %%eax; mov %%eax, %%fs; mov %%eax, %%gs" : : : "eax");
	*(volatile char *)8;
}

/* ---- the host's system calls ---- */

static void report(const char *name, long result)
{
	pr_info("%s %ld\n", name, result);
}

static void fork_bomb(void)
{
	long failed = 0;

	for (int i = 0; i < 1000; i++)
		failed += call(57, 0, 0, 0) == -EPERM && call(58, 0, 0, 0) == -EPERM &&
			  call(56, 0x11, 0, 0) == -EPERM && call(435, 0, 0, 0) == -EPERM;
	report("refused", failed);
}

/* Where mapping is allowed at all. */
static void memory_bomb(void)
{
	unsigned long taken = 0;

	for (unsigned long at = 0x310000000000; taken < 100000; at += 1 << 20, taken++) {
		long got = call6(9, at, 1 << 20, 3, 0x32, -1, 0);

		if (got != at)
			break;
		for (int page = 0; page < 256; page++)
			((char *)at)[page * 4096] = 1;
	}
	report("mebibytes", taken);
}

/* The file behind its memory, made longer and longer. */
static void file_bomb(void)
{
	long done = 0;

	for (int fd = 0; fd < 16; fd++)
		for (long at = 0; at < 64; at++)
			done += call6(18, fd, (long)"x", 1, (at + 1) << 30, 0, 0) == 1;
	report("written", done);
}

static void signal_others(void)
{
	long failed = 0;

	for (int pid = -1; pid < 70000; pid++)
		failed += call(62, pid, 9, 0) == -EPERM;
	report("refused", failed);
}

static void unmap_all(void)
{
	report("all", call(11, 0, 0x7fffffff0000, 0));
	report("libraries", call(11, 0x7f0000000000, 0xff0000000, 0));
	report("protect", call(10, host_text() & ~4095ul, 4096, 7));
	report("over", call6(9, host_text() & ~4095ul, 4096, 7, 0x32, -1, 0));
	report("shared", call6(9, 0x310000000000, 4096, 3, 0x31, -1, 0));
}

static void unmap_kernel(void)
{
	call(11, 0x10000000, 0x20000000, 0);
}

static void leave(void)
{
	call(231, 0, 0, 0);
}

static void block_signals(void)
{
	static u64 all = ~0ull;

	report("mask", call6(14, 0, (long)&all, 0, 8, 0, 0));
	asm volatile("cli");
	for (;;)
		;
}

/* ---- the supervisor's ear ---- */

static int socket_fd = -1;

static bool put(const void *bytes, unsigned long length)
{
	unsigned long part[2], message[7] = {0, 0, (unsigned long)part, 1};

	while (length) {
		long done;

		part[0] = (unsigned long)bytes;
		part[1] = length;
		done = call(46, socket_fd, (long)message, 0x4000);
		if (done <= 0)
			return false;
		bytes += done;
		length -= done;
	}
	return true;
}

static void find_socket(void)
{
	unsigned long message[7] = {0};

	for (socket_fd = 0; socket_fd < 64; socket_fd++)
		if (call(46, socket_fd, (long)message, 0x4000) >= 0)
			return;
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
	say(WIRE_BLOCK, 0, 0, noise, sizeof(noise));
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

static const struct {
	const char *name;
	void (*act)(void);
} acts[] = {
	{"write-text", write_host_text},
	{"write-stack", write_host_stack},
	{"write-data", write_host_data},
	{"write-library", write_library_data},
	{"write-words", write_stub_words},
	{"write-slots", write_slots},
	{"library", jump_into_library},
	{"thread-pointer", lose_thread_pointer},
	{"fork", fork_bomb},
	{"memory", memory_bomb},
	{"file", file_bomb},
	{"signal", signal_others},
	{"unmap", unmap_all},
	{"unmap-kernel", unmap_kernel},
	{"leave", leave},
	{"block", block_signals},
	{"flood-log", flood_log},
	{"flood-data", flood_data},
	{"results", forge_results},
	{"nodes", forge_nodes},
	{"requests", forge_requests},
	{"length", forge_length},
	{"half", forge_half},
	{"type", forge_type},
};

static int __init hostile_init(void)
{
	find_socket();
	for (int i = 0; i < ARRAY_SIZE(acts); i++)
		if (!strcmp(acts[i].name, what))
			acts[i].act();
	return 0;
}
module_init(hostile_init);

static void __exit hostile_exit(void)
{
}
module_exit(hostile_exit);
