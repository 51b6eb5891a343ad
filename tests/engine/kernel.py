# SPDX-License-Identifier: GPL-2.0-only
"""Whole kernels for test programs in Python, through engine-drive (drive.c says what it speaks).

    for release in releases():
        with Kernel(release) as kernel:
            answer = kernel.ask('modprobe dummy')
            tap.equal('loads', answer.ret, 0)
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ['LKM_SOURCE'], 'tests'))
import tap  # noqa: E402
from kernel_files import built, kernel_path, make_modules  # noqa: E402

BUILD = os.environ['LKM_BUILD']
HERE = os.path.join(os.environ['LKM_SOURCE'], 'tests', 'engine')
DRIVE = os.path.join(BUILD, 'tests', 'engine', 'engine-drive')
OWN_CACHE = os.path.join(BUILD, 'tests', 'engine', 'cache')
# engine.h's enum engine_end_kind and ENGINE_KILLED
RUNNING, PANIC, TIMEOUT, STALL, CRASH, MEMORY, UNABLE = range(7)
KILLED = -4096
ESCAPE = re.compile(r'\\x(..)')


SERIES = ('6.1', '6.12')


def releases():
    """The newest release at hand of each series; says so when there is none."""
    newest = {}
    for release in os.environ['LKM_KERNELS'].split():
        newest['.'.join(release.split('.')[:2])] = release
    for series in SERIES:
        if series in newest:
            yield newest[series]
        else:
            tap.skip(f'kernel {series}', 'no such kernel: lkm kernel fetch')


def modules(release, subject='engine'):
    """Where tests/SUBJECT/modules are, built for a release; built first when they have changed."""
    return built(os.path.join(os.environ['LKM_SOURCE'], 'tests', subject, 'modules'),
                 os.path.join(BUILD, 'tests', subject, 'modules', release),
                 lambda target: make_modules(kernel_path(release, '--headers'), target))


def unescape(text):
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


class Answer:
    """What came back for one question."""

    def __init__(self):
        self.logs, self.notices, self.uevents, self.requests = [], [], [], []
        self.nodes, self.blocks, self.data, self.total = [], [], '', None
        self.records, self.all_data = [], []  # [level, text]; one for each "data"
        self.code = self.ret = self.us = None
        self.text, self.end, self.end_text = '', RUNNING, ''

    def take(self, line):
        """One line; true when it was the last."""
        kind, _, rest = line.rstrip('\n').partition(' ')
        if kind == 'log':
            self.logs.append(unescape(rest.split(' ', 2)[2]))
            self.records.append([int(rest.split(' ', 1)[0]), self.logs[-1]])
        elif kind == 'notice':
            self.notices.append(unescape(rest))
        elif kind == 'uevent':
            self.uevents.append(unescape(rest))
        elif kind == 'request':
            self.requests.append(unescape(rest))
        elif kind == 'node':
            self.nodes.append((rest[0], unescape(rest.split(' ', 2)[2])))
        elif kind == 'block':
            self.blocks.append(unescape(rest))
        elif kind == 'data':
            self.data = unescape(rest)
            self.all_data.append(self.data)
        elif kind == 'total':
            self.total = tuple(map(int, rest.split()))
        elif kind == 'end':
            number, _, text = rest.partition(' ')
            self.end, self.end_text = int(number), unescape(text)
        elif kind == 'result':
            code, ret, us, text = rest.split(' ', 3)
            self.code, self.ret, self.us, self.text = int(code), int(ret), int(us), unescape(text)
            return True
        return False

    def said(self, pattern):
        return any(re.search(pattern, line) for line in self.logs)

    def __str__(self):
        return '\n'.join(self.logs + self.notices +
                         [f'code {self.code} ret {self.ret} end {self.end} {self.end_text} {self.text}'])


class Kernel:
    """One engine in a process of its own. opened is the answer to the opening; more options are
    those of Popen()."""

    def __init__(self, release, cache=OWN_CACHE, timeout_ms=20000, words=None, path=None,
                 drive=DRIVE, modules_dir=None, **popen):
        self.release, self.pid = release, None
        if cache == OWN_CACHE:
            os.makedirs(cache, exist_ok=True)
        command = [drive, path or kernel_path(release),
                   modules_dir or kernel_path(release, '--modules'), cache or '-', str(timeout_ms)]
        command += [words] if words else []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, **popen)
        self.opened = self._hear()

    def _hear(self):
        answer = Answer()
        for line in self.process.stdout:
            if line.startswith('pid '):
                self.pid, self.walls = map(int, line.split()[1:])
            elif answer.take(line):
                return answer
        answer.text = f'engine-drive ended with {self.process.wait()}'
        return answer

    def ask(self, question):
        try:
            self.process.stdin.write(question + '\n')
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self._hear()

    def close(self):
        """Returns the exit status."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        status = self.process.wait()
        self.process.stdout.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
