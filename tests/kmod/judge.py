# SPDX-License-Identifier: GPL-2.0-only
"""Runs lkm's tools and those of kmod 34 and 30 on the same thing, and says what differs."""
import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.abspath(os.path.join(HERE, '../..'))
LKM = os.environ.get('LKM') or os.path.join(SOURCE, 'build/lkm')
KMOD34 = os.path.join(SOURCE, 'tests/depmod/kmod34')
ENV = {**os.environ, 'LC_ALL': 'C', 'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'}
ENV.pop('MODPROBE_OPTIONS', None)
TIMEOUT, MEMORY = 60, 1 << 30  # seconds; bytes: kmod takes all there is for some cycles


def kmod34(tool):
    """The command for a tool of kmod 34; without it the program ends."""
    done = subprocess.run([KMOD34, '--command', tool], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit('kmod 34 is not at hand')
    return done.stdout.splitlines()


COMMANDS = {(side, tool): command for tool in ('depmod', 'modprobe', 'modinfo')
            for side, command in (('lkm', [LKM, tool]), ('34', kmod34(tool)), ('30', [tool]))}


def has_30():
    """Whether the machine's kmod is that of Debian 12."""
    done = subprocess.run(['kmod', '-V'], env=ENV, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.startswith('kmod version 30')


HAS_30 = has_30()


@dataclass
class Answer:
    """What one command led to. crashed: by a signal, or it did not end."""

    status: int = 0
    crashed: str = ''
    out: bytes = b''
    messages: list = field(default_factory=list)
    files: dict = field(default_factory=dict)

    def differences(self, other):
        """The names of what differs."""
        names = [name for name in ('status', 'out', 'messages') if getattr(self, name) != getattr(other, name)]
        return names + [name for name in sorted({*self.files, *other.files}) if self.files.get(name) != other.files.get(name)]


def limited():
    """In the child."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(side, tool, *arguments, cwd=None, **environment):
    try:
        done = subprocess.run([*COMMANDS[side, tool], *arguments], cwd=cwd, env={**ENV, **environment}, timeout=TIMEOUT, preexec_fn=limited,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    except subprocess.TimeoutExpired:
        return Answer(crashed=f'no end within {TIMEOUT} seconds')
    crashed = f'signal {-done.returncode}' if done.returncode < 0 else ''
    return Answer(done.returncode, crashed, done.stdout,
                  [line for line in done.stderr.decode(errors='replace').split('\n') if line])


def show(ours, theirs, name):
    """What differs in one thing of two answers."""
    pair = [answer.files.get(name, 'not there') if name not in ('status', 'out', 'messages') else getattr(answer, name)
            for answer in (ours, theirs)]
    if all(isinstance(value, bytes) for value in pair):
        pair = [value.split(b'\n') if b'\n' in value else [value] for value in pair]
    if not all(isinstance(value, list) for value in pair):
        return f'{name}: {pair[0]!r:.300} and {pair[1]!r:.300}'
    if set(pair[0]) == set(pair[1]):
        first = next((number for number, line in enumerate(pair[0]) if [line] != pair[1][number:number + 1]), len(pair[0]))
        return f'{name}: the same lines, from {first} on: {pair[0][first:first + 4]!r:.600}\n    and {pair[1][first:first + 4]!r:.600}'
    lines = [line for line in pair[0] if line not in pair[1]], [line for line in pair[1] if line not in pair[0]]
    return f'{name}: {lines[0][:4]!r:.600}\n    and {lines[1][:4]!r:.600}'


def without_reasons(messages):
    """Ours give the reason in parentheses. One of the files has a name of two lines."""
    lines = '\n'.join(messages).replace('new\nline', 'new line').split('\n') if messages else []
    return [re.sub(r'( from .*: [^(]*) \(.*\)$', r'\1', line) for line in lines]
