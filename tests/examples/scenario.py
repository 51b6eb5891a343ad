# SPDX-License-Identifier: GPL-2.0-only
"""Steps that are done with modules, and what is compared of the answers.

A scenario is a file in the language of the oracle, the tool that puts the same steps to the real
kernel in a virtual machine. Used here:

    group NAME fresh                       the steps that follow have a kernel of their own
    load FILE [PARAM=VALUE...]             FILE is below the directory of the modules; a stock
                                           module is @kernel/.../NAME.ko, and comes first
    unload NAME
    read PATH [BYTES] | grep PATH TEXT     a file, or its lines that contain TEXT
    write PATH TEXT
    ioctl PATH REQUEST [HEXBYTES] | poll PATH
    mmap PATH OFFSET LENGTH [HEXBYTES]
    sleep MILLISECONDS
    timeout MILLISECONDS                   for each step that follows

An answer is one JSON object per step: group, n, op; ret and err (the errno's name); data that was
read; log, a list of [level, text]; uevents. When the kernel did not survive, crash says how;
rip is the function that a dump of registers names, panic the line of a panic. What differs between two runs of one kernel is
taken out by plain(): addresses, process numbers, offsets in functions, directories, the dumps.
"""
import json
import os
import re
import shlex

HERE = os.path.dirname(os.path.abspath(__file__))

DUMP_BEGINS = re.compile(r'Modules linked in:|CPU: \d+ (UID: \d+ )?PID: ')
DUMP_ENDS = re.compile(r'---\[ end trace|^ </TASK>')
RIP = re.compile(r'RIP: \d+:(\w+)\+')
# Registers, and the boot's last words, which can come at any time.
DROPPED = re.compile(r'(RIP|Code|RSP|R[A-D]X|RBP|R10|R13|[CF]S|CR2|PGD|PKRU): ?|PGD [0-9a-f]+ |'
                     r'(tsc|clocksource|random): |note: .* exited with |test_printf: crng possibly '
                     r'| +# \w+: Test should be marked slow ')


class Scenarios:
    """Those of a directory, and what the real kernel answered to them (see record)."""

    def __init__(self, directory=HERE):
        self.directory = directory
        self.names = sorted(name[:-4] for name in os.listdir(os.path.join(directory, 'scenarios')))

    def path_of(self, name):
        return os.path.join(self.directory, 'scenarios', name + '.txt')

    def expected_path(self, release, file):
        """NAME.jsonl has the answers to a scenario, "release" the release that gave them."""
        series = '.'.join(release.split('.')[:2])
        return os.path.join(self.directory, 'expected', series, file)

    def recorded_of(self, release):
        """The release of this one's series that was asked; None when there is none."""
        try:
            with open(self.expected_path(release, 'release'), encoding='ascii') as file:
                return file.read().strip()
        except FileNotFoundError:
            return None

    def groups(self, name):
        """[(group, [words of a step, ...]), ...]"""
        found = []
        with open(self.path_of(name), encoding='utf-8') as file:
            for line in file:
                words = shlex.split(line, comments=True)
                if words and words[0] == 'group':
                    found.append((words[1], []))
                elif words:
                    found[-1][1].append(words)
        return found

    def recorded(self, release, name):
        """{group: [answer, ...]}"""
        found = {}
        with open(self.expected_path(release, name + '.jsonl'), encoding='utf-8') as file:
            for line in file:
                answer = json.loads(line)
                found.setdefault(answer['group'], []).append(answer)
        return found


# What differs between two runs, or with the place and the options of the build.
VARYING = [
    (r'\+0x[0-9a-f]+/0x[0-9a-f]+', ''),
    (r'(?<![\w.])/[\w./+-]*/([\w-]+\.[ch])\b', r'\1'),
    (r'\b((\w+/)+\w+\.[ch]):\d+', r'\1'),
    (r'PID: \d+', 'PID: <pid>'),
    (r'(0x)?\(_+ptrval_+\)', '<address>'),  # before there are random numbers to hide one
    (r'\bip = [0-9a-f]+', 'ip = <address>'),
    (r'\boffset 0x[0-9a-f]{8} length', 'offset <address> length'),
    (r'\b(Time spent in \w+:|fns:)\s+\d+( ns)?', r'\1 <time>'),
    (r'process stack \(offset \d+', 'process stack (offset <n>'),
    (r'\btook \d+ ns\b|\b[Tt]ime: \d+|-> \d+ cycles', '<time>'),
    (r'(scheduling while atomic: )[^/]*/\d+/', r'\1<task>/'),
    (r'^(.*: \w+ \[#\d+\]) .*', r'\1'),
]


def plain_text(text, release):
    text = re.sub(r'\b(0x)?([0-9a-f]{16})\b',
                  lambda m: m[0] if int(m[2], 16) < 0x10000 else '<address>', text)
    for pattern, replacement in VARYING:
        text = re.sub(pattern, replacement, text)
    return text.replace(release, '<release>')


def plain_log(log, release):
    kept, dumping = [], False
    for level, text in log or []:
        if dumping:
            dumping = not DUMP_ENDS.search(text)
        elif DUMP_BEGINS.match(text):
            dumping = True
        elif not DROPPED.match(text):
            kept.append([level, plain_text(text, release)])
    return kept


def first_rip(log):
    return next((found[1] for _, text in log or [] for found in [RIP.match(text)] if found), None)


def panic(log, release):
    """What the kernel said at its end, or None."""
    return next((plain_text(text, release) for _, text in log or [] if text.startswith('Kernel panic ')), None)


def plain(record, release):
    """The answer without what differs between two runs."""
    out = {key: record[key] for key in ('group', 'n', 'op', 'ret', 'err', 'crash')
           if key in record}
    if 'data' in record:
        out['data'] = record['data'] if record['op'] in ('ioctl', 'mmap') else \
            plain_text(record['data'], release)
    for key, value in (('log', plain_log(record.get('log'), release)),
                       ('uevents', record.get('uevents')), ('rip', first_rip(record.get('log'))),
                       ('panic', panic(record.get('log'), release))):
        if value:
            out[key] = value
    return out
