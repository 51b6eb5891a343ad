# SPDX-License-Identifier: GPL-2.0-only
"""A kernel's log, [[level, text], ...], without what is different in each run or on each machine."""
import re

# What depends on the machine or the moment: addresses and what is printed for them before there are
# random numbers, names and numbers of processes, how many input devices there have been, and the
# nanoseconds that test_bpf measures.
VARYING = ((re.compile(r'\b(?:0x)?(?!000000000000)[0-9a-f]{16}\b|\(_+ptrval_+\)'), '<addr>'),
           (re.compile(r'\b(PID:|pid) \d+'), r'\1 <pid>'),
           (re.compile(r'(scanned by) \w+ \(\d+\)'), r'\1 <task>'),
           (re.compile(r'/input\d+$'), '/input<n>'),
           (re.compile(r'( jited:[01]) (?:\d+ )+(?=PASS|FAIL)'), r'\1 <ns> '))
# What comes at a moment of its own: late messages of the boot, the worker that looks for cfg80211's
# database, that of IPv6, the check of UUIDs that btrfs may not have finished before, and the self-tests of ciphers
# (which also names the driver that suits the processor). And the speeds that raid6_pq and xor measure.
PASSING = re.compile(r'(tsc|clocksource|random): |TSC found unstable|sched_clock: Marking unstable'
                     r'|PGD [0-9a-f]+ |(platform regulatory\.0|faux_driver regulatory): '
                     r'|cfg80211: failed to load regulatory\.db|IPv6: ADDRCONF'
                     r'|BTRFS info .*: checking UUID tree|alg: No test for '
                     r'|(raid6|xor): |   \w.* MB/sec$')
# What Debian's kernel adds to the first firmware that it misses; passing, when that was.
HINT = 'firmware_class: See https://wiki.debian.org/Firmware'
# The registers and the stack in the middle of a report.
DUMP = re.compile(r'Modules linked in:|CPU: \d+ (UID: \d+ )?PID: ')

# What test_bpf says of a program after it ran: a record of its own when another message came between.
CONTINUED = re.compile(r'jited:[01] |(\d+ )*PASS$')


def plain(text):
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


def plain_log(log, ends_in_crash):
    """The log without what is different in each run."""
    lines, dump_end, passed = [], None, False
    for level, text in log:
        passed = bool(PASSING.match(text)) or passed and text.startswith(HINT)
        if dump_end:
            if text.startswith(dump_end):
                dump_end = None
        elif DUMP.match(text):
            if ends_in_crash:
                break
            dump_end = '---[ end trace' if text.startswith('M') else ' </TASK>'
        elif lines and CONTINUED.match(text):
            lines[-1][1] = plain(lines[-1][1] + text)
        elif not passed:
            lines.append([level, plain(text)])
    return lines
