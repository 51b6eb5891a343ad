/* SPDX-License-Identifier: GPL-2.0-only */
/* native_write_cr4() is not exported; the crash point UNSET_SMEP, which needs it, is none then. */
#include <asm/special_insns.h>
static inline void lkdtm_outside_cr4(unsigned long value)
{
}
#define native_write_cr4 lkdtm_outside_cr4
