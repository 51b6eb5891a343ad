/* SPDX-License-Identifier: GPL-2.0-only */
/* Privileged instructions against what the processor's manual says of them. The codes are written
 * by hand, or assembled by GNU as into this program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "engine/process/emulate.h"
#include "engine/process/guest.h"
#include "engine/process/stub.h"

enum { RIP = 0x1234000 };

/* gregs in the order of their encoding. */
static const int by_number[16] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8,	 REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static gregset_t regs, before;

static bool run(const void *code, size_t length)
{
	memcpy(before, regs, sizeof(regs));
	return emulate(code, length, regs);
}

#define RUN(code) run(code, sizeof(code) - 1)

struct instruction {
	const char *code;
	size_t length;
};

/* Every register but those of changed (bits by index of gregs) is what it was. */
static void assert_others_kept(uint64_t changed)
{
	changed |= 1ull << REG_RIP;
	for (int i = 0; i < NGREG; i++)
		if (!(changed >> i & 1))
			assert_int_equal(regs[i], before[i]);
}

static void assert_length(size_t length)
{
	assert_int_equal(regs[REG_RIP] - before[REG_RIP], length);
}

static int reset(void **state)
{
	for (int i = 0; i < 16; i++)
		regs[by_number[i]] = (greg_t)(0x1111111111111111 * (uint64_t)(i + 1));
	regs[REG_RIP] = RIP;
	stub_word->interrupt_flag = 0;
	return 0;
}

static int map_stub_area(void **state)
{
	void *p = mmap((void *)STUB_BASE, STUB_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return p == (void *)STUB_BASE ? 0 : -1;
}

static void interrupt_flag(void **state)
{
	assert_true(RUN("\xfb"));
	assert_int_equal(stub_word->interrupt_flag, EFLAGS_IF);
	assert_length(1);
	assert_others_kept(0);
	assert_true(RUN("\xfa"));
	assert_int_equal(stub_word->interrupt_flag, 0);
	assert_true(RUN("\xf4"));
	assert_length(1);
	assert_others_kept(0);
}

/* mov %crN,%reg for each register: ModRM.rm with REX.B; REX.W and REX.X mean nothing. */
static void read_control(void **state)
{
	static const struct {
		int number;
		greg_t value;
	} controls[] = {{0, 0x80050033}, {2, 0x7654321000}, {3, 0}, {4, 0x20}};

	stub_word->fault_address = 0x7654321000;
	for (size_t c = 0; c < sizeof(controls) / sizeof(*controls); c++) {
		for (int r = 0; r < 16; r++) {
			unsigned char modrm =
				(unsigned char)(0xc0 | controls[c].number << 3 | (r & 7));
			unsigned char code[] = {(unsigned char)(0x40 | r >> 3), 0x0f, 0x20, modrm};

			reset(NULL);
			assert_true(run(code, sizeof(code)));
			assert_int_equal(regs[by_number[r]], controls[c].value);
			assert_others_kept(1ull << by_number[r]);
			assert_length(4);
		}
	}
	reset(NULL);
	assert_true(RUN("\x0f\x20\xd8")); /* mov %cr3,%rax without REX */
	assert_length(3);
	assert_int_equal(regs[REG_RAX], 0);
	reset(NULL);
	assert_true(RUN("\x49\x0f\x20\xc4")); /* REX.W and REX.B: %r12 */
	assert_int_equal(regs[REG_R12], 0x80050033);
	assert_others_kept(1ull << REG_R12);
	reset(NULL);
	assert_true(
		RUN("\x44\x0f\x20\xc0")); /* mov %cr8,%rax: REX.R chooses the control register */
	assert_int_equal(regs[REG_RAX], 0);
	assert_others_kept(1ull << REG_RAX);
}

static void read_debug(void **state)
{
	for (int r = 0; r < 16; r++) {
		unsigned char code[] = {(unsigned char)(0x40 | r >> 3), 0x0f, 0x21,
					(unsigned char)(0xf8 | (r & 7))}; /* %dr7 */

		reset(NULL);
		assert_true(run(code, sizeof(code)));
		assert_int_equal(regs[by_number[r]], 0x400); /* as after a reset */
		assert_others_kept(1ull << by_number[r]);
	}
}

static void write_control(void **state)
{
	assert_true(RUN("\x0f\x22\xe0")); /* mov %rax,%cr4 */
	assert_length(3);
	assert_others_kept(0);
	assert_true(RUN("\x41\x0f\x22\xdc")); /* mov %r12,%cr3 */
	assert_length(4);
	assert_others_kept(0);
	assert_true(RUN("\x0f\x23\xf8")); /* mov %rax,%dr7 */
	assert_others_kept(0);
}

/* An absent port answers all ones; a 32-bit register loses its upper half, a smaller one not. */
static void read_port(void **state)
{
	static const struct {
		const char *code;
		size_t length;
		uint64_t rax;
	} cases[] = {
		{"\xec", 1, 0x11111111111111ff},	 /* in (%dx),%al */
		{"\xe4\x60", 2, 0x11111111111111ff},	 /* in $0x60,%al */
		{"\x66\xed", 2, 0x111111111111ffff},	 /* in (%dx),%ax */
		{"\x66\xe5\x60", 3, 0x111111111111ffff}, /* in $0x60,%ax */
		{"\xed", 1, 0xffffffff},		 /* in (%dx),%eax */
		{"\xe5\x60", 2, 0xffffffff},		 /* in $0x60,%eax */
		{"\x48\xed", 2, 0xffffffff},		 /* REX.W makes no difference */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		reset(NULL);
		assert_true(run(cases[i].code, cases[i].length));
		assert_int_equal(regs[REG_RAX], cases[i].rax);
		assert_length(cases[i].length);
		assert_others_kept(1ull << REG_RAX);
	}
}

static void write_port(void **state)
{
	static const struct instruction cases[] = {
		{"\xee", 1}, {"\xef", 1}, {"\x66\xef", 2}, {"\xe6\x80", 2}, {"\xe7\x80", 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(run(cases[i].code, cases[i].length));
		assert_length(cases[i].length);
		assert_others_kept(0);
	}
}

static void assert_string(const char *code, size_t length, uint64_t count, size_t width)
{
	unsigned char memory[64] = {0};
	bool repeat = code[0] == '\xf3' || code[1] == '\xf3';
	size_t bytes = (repeat ? count : 1) * width;

	reset(NULL);
	regs[REG_RDI] = (greg_t)(memory + 8);
	regs[REG_RCX] = (greg_t)count;
	assert_true(run(code, length));
	assert_length(length);
	assert_others_kept(1ull << REG_RDI | 1ull << REG_RCX);
	assert_int_equal(regs[REG_RDI], (uint64_t)(memory + 8) + bytes);
	assert_int_equal(regs[REG_RCX], repeat ? 0 : count);
	for (size_t i = 0; i < sizeof(memory); i++)
		assert_int_equal(memory[i], i >= 8 && i < 8 + bytes ? 0xff : 0);
}

static void read_string(void **state)
{
	assert_string("\x6c", 1, 5, 1);		/* insb */
	assert_string("\x66\x6d", 2, 5, 2);	/* insw */
	assert_string("\x6d", 1, 5, 4);		/* insl */
	assert_string("\xf3\x6c", 2, 5, 1);	/* rep insb */
	assert_string("\xf3\x66\x6d", 3, 5, 2); /* rep insw, prefixes in either order */
	assert_string("\x66\xf3\x6d", 3, 5, 2);
	assert_string("\xf3\x6d", 2, 5, 4); /* rep insl */
	assert_string("\xf3\x6d", 2, 0, 4); /* not even once */
}

/* With the direction flag set strings go downwards. */
static void read_string_down(void **state)
{
	unsigned char memory[16] = {0};

	regs[REG_EFL] |= 0x400;
	regs[REG_RDI] = (greg_t)(memory + 8);
	regs[REG_RCX] = 3;
	assert_true(RUN("\xf3\x66\x6d"));
	assert_int_equal(regs[REG_RDI], (uint64_t)(memory + 8) - 6);
	for (size_t i = 0; i < sizeof(memory); i++)
		assert_int_equal(memory[i], i >= 4 && i < 10 ? 0xff : 0);
	regs[REG_RSI] = 0x1000;
	regs[REG_RCX] = 3;
	assert_true(RUN("\xf3\x6f"));
	assert_int_equal(regs[REG_RSI], 0x1000 - 12);
	regs[REG_EFL] &= ~0x400;
}

static void write_string(void **state)
{
	static const struct {
		const char *code;
		size_t length, advance;
	} cases[] = {
		{"\x6e", 1, 1},	    {"\x66\x6f", 2, 2},	     {"\x6f", 1, 4},
		{"\xf3\x6e", 2, 7}, {"\xf3\x66\x6f", 3, 14}, {"\xf3\x6f", 2, 28},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool repeat = cases[i].code[0] == '\xf3';

		reset(NULL);
		regs[REG_RCX] = 7;
		assert_true(run(cases[i].code, cases[i].length));
		assert_length(cases[i].length);
		assert_int_equal(regs[REG_RSI] - before[REG_RSI], cases[i].advance);
		assert_int_equal(regs[REG_RCX], repeat ? 0 : 7);
		assert_others_kept(1ull << REG_RSI | 1ull << REG_RCX);
	}
}

static void msr(void **state)
{
	guest.gs_base = 0x123456789abc;
	regs[REG_RCX] = 0xc0000101;
	assert_true(RUN("\x0f\x32"));
	assert_length(2);
	assert_int_equal(regs[REG_RAX], 0x56789abc);
	assert_int_equal(regs[REG_RDX], 0x1234);
	assert_others_kept(1ull << REG_RAX | 1ull << REG_RDX);
	regs[REG_RCX] = 0x1a0; /* IA32_MISC_ENABLE: fast strings */
	assert_true(RUN("\x0f\x32"));
	assert_int_equal(regs[REG_RAX] & 1, 1);
	regs[REG_RCX] = (greg_t)0xffffffff00000123; /* only ecx counts */
	assert_true(RUN("\x0f\x32"));
	assert_int_equal(regs[REG_RAX], 0);
	assert_int_equal(regs[REG_RDX], 0);
	reset(NULL);
	assert_true(RUN("\x0f\x30"));
	assert_length(2);
	assert_others_kept(0);
	assert_true(RUN("\x0f\x33"));
	assert_int_equal(regs[REG_RAX], 0);
	assert_int_equal(regs[REG_RDX], 0);
}

/* What only changes state that is not there; with each way to address memory. */
static void without_effect(void **state)
{
	static const struct instruction cases[] = {
		{"\x0f\x06", 2},			     /* clts */
		{"\x0f\x08", 2},			     /* invd */
		{"\x0f\x09", 2},			     /* wbinvd */
		{"\x0f\x00\xd0", 3},			     /* lldt %ax */
		{"\x0f\x00\xd8", 3},			     /* ltr %ax */
		{"\x0f\x01\x10", 3},			     /* lgdt (%rax) */
		{"\x0f\x01\x18", 3},			     /* lidt (%rax) */
		{"\x0f\x01\x14\x24", 4},		     /* lgdt (%rsp) */
		{"\x0f\x01\x15\x00\x00\x00\x00", 7},	     /* lgdt 0(%rip) */
		{"\x0f\x01\x54\x24\x08", 5},		     /* lgdt 8(%rsp) */
		{"\x0f\x01\x14\x25\x78\x56\x34\x12", 8},     /* lgdt 0x12345678 */
		{"\x41\x0f\x01\x94\x24\x00\x01\x00\x00", 9}, /* lgdt 0x100(%r12) */
		{"\x65\x0f\x01\x10", 4},		     /* lgdt %gs:(%rax) */
		{"\x0f\x01\x38", 3},			     /* invlpg (%rax) */
		{"\x0f\x01\xf8", 3},			     /* swapgs */
		{"\x0f\x01\xd1", 3},			     /* xsetbv */
		{"\x0f\x01\xf0", 3},			     /* lmsw %ax */
		{"\x66\x0f\x38\x82\x00", 5},		     /* invpcid (%rax),%rax */
		{"\x8e\xd8", 2},			     /* mov %eax,%ds */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		reset(NULL);
		assert_true(run(cases[i].code, cases[i].length));
		assert_length(cases[i].length);
		assert_others_kept(0);
	}
}

static void store_system(void **state)
{
	assert_true(RUN("\x41\x0f\x00\xc4")); /* sldt %r12d */
	assert_length(4);
	assert_int_equal(regs[REG_R12], 0);
	assert_others_kept(1ull << REG_R12);
	reset(NULL);
	assert_true(RUN("\x0f\x00\xc8")); /* str %eax */
	assert_int_equal(regs[REG_RAX], 0);
	reset(NULL);
	assert_true(RUN("\x66\x0f\x00\xc8")); /* str %ax: the rest stays */
	assert_int_equal(regs[REG_RAX], 0x1111111111110000);
	reset(NULL);
	assert_true(RUN("\x0f\x01\xe3")); /* smsw %ebx: the low half of cr0 */
	assert_int_equal(regs[REG_RBX] & 0xffff, 0x33);
	assert_others_kept(1ull << REG_RBX);
}

static void unknown(void **state)
{
	static const struct instruction cases[] = {
		{"\x90", 1},		 /* nop */
		{"\x0f\x0b", 2},	 /* ud2 */
		{"\xcc", 1},		 /* int3 */
		{"\xcd\x80", 2},	 /* int $0x80 */
		{"\x0f\x05", 2},	 /* syscall */
		{"\x0f\x01\xc1", 3},	 /* vmcall */
		{"\x0f\x01\xc8", 3},	 /* monitor */
		{"\x48\xcf", 2},	 /* iretq */
		{"\x0f\x35", 2},	 /* sysexit */
		{"\x48\x89\x18", 3},	 /* mov %rbx,(%rax) at a non-canonical address */
		{"\x48\x8b\x18", 3},	 /* mov (%rax),%rbx */
		{"\x66\x0f\x6f\x00", 4}, /* movdqa (%rax),%xmm0, misaligned */
		{"\xff\xd0", 2},	 /* call *%rax */
		{"\x06", 1},		 /* invalid in 64-bit mode */
		{"\xf0\xfa", 2},	 /* lock cli is #UD */
		{"\x0f\x20\xc8", 3},	 /* mov %cr1,%rax is #UD */
		{"\xc5\xf8\x77", 3},	 /* vzeroupper */
		{"\x0f\xff\xff", 3},	 /* ud0 */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		reset(NULL);
		assert_false(run(cases[i].code, cases[i].length));
		assert_int_equal(regs[REG_RIP], before[REG_RIP]);
		assert_others_kept(0);
		assert_int_equal(stub_word->interrupt_flag, 0);
	}
}

/* An instruction that does not end within the bytes is none; nothing behind them is read. */
static void truncated(void **state)
{
	static const struct instruction cases[] = {
		{"\x41\x0f\x20\xc4", 4},
		{"\xf3\x66\x6d", 3},
		{"\xe4\x60", 2},
		{"\x0f\x32", 2},
		{"\x41\x0f\x01\x94\x24\x00\x01\x00\x00", 9},
	};
	unsigned char *pages =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (size_t length = 0; length < cases[i].length; length++) {
			unsigned char *code = pages + 4096 - length;

			memcpy(code, cases[i].code, length);
			reset(NULL);
			assert_false(run(code, length));
			assert_int_equal(regs[REG_RIP], before[REG_RIP]);
			assert_others_kept(0);
		}
	}
	munmap(pages, 8192);
}

/* Prefixes that the processor ignores, up to its limit of 15 bytes. */
static void prefixes(void **state)
{
	unsigned char code[16];

	assert_true(RUN("\x2e\x3e\x64\x65\xfb"));
	assert_length(5);
	assert_int_equal(stub_word->interrupt_flag, EFLAGS_IF);
	reset(NULL);
	assert_true(RUN("\xf2\x0f\x32")); /* repne before rdmsr */
	assert_length(3);
	memset(code, 0x2e, sizeof(code));
	code[14] = 0xfb;
	reset(NULL);
	assert_true(run(code, 15));
	assert_length(15);
	code[14] = 0x2e;
	code[15] = 0xfb;
	reset(NULL);
	assert_false(run(code, 16)); /* too long: #GP on the processor, too */
	assert_others_kept(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(interrupt_flag, reset),
		cmocka_unit_test_setup(read_control, reset),
		cmocka_unit_test_setup(read_debug, reset),
		cmocka_unit_test_setup(write_control, reset),
		cmocka_unit_test_setup(read_port, reset),
		cmocka_unit_test_setup(write_port, reset),
		cmocka_unit_test_setup(read_string, reset),
		cmocka_unit_test_setup(read_string_down, reset),
		cmocka_unit_test_setup(write_string, reset),
		cmocka_unit_test_setup(msr, reset),
		cmocka_unit_test_setup(without_effect, reset),
		cmocka_unit_test_setup(store_system, reset),
		cmocka_unit_test_setup(unknown, reset),
		cmocka_unit_test_setup(truncated, reset),
		cmocka_unit_test_setup(prefixes, reset),
	};

	return cmocka_run_group_tests(tests, map_stub_area, NULL);
}
