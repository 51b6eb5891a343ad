# SPDX-License-Identifier: GPL-2.0-only
"""Running modprobe, ours and kmod's, on the same tree and configuration."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.environ['LKM_SOURCE'], 'tests'))
import tap  # noqa: E402

KMOD34 = os.path.join(HERE, '../depmod/kmod34')
CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'lkm/kernels')
ENV = {**os.environ, 'LC_ALL': 'C', 'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'}
ENV.pop('MODPROBE_OPTIONS', None)
COMMANDS = {'ours': [os.environ['LKM'], 'modprobe'], '34': [KMOD34, 'modprobe'], '30': ['modprobe']}


def run(side, *arguments, cwd=None, **environment):
    """(status, standard output, standard error)"""
    done = subprocess.run([*COMMANDS[side], *arguments], env={**ENV, **environment}, cwd=cwd,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode(errors='replace'), done.stderr.decode(errors='replace')


def at_hand():
    """kmod 34, or a skipped case."""
    if subprocess.run([KMOD34, 'depmod', '-V'], stdout=subprocess.DEVNULL, check=False).returncode != 77:
        return True
    tap.skip('modprobe', 'kmod 34 is not at hand')
    return False


def difference(ours, theirs):
    """The first lines that differ, for people."""
    for number, (a, b) in enumerate(zip(ours.splitlines() + [None], theirs.splitlines() + [None])):
        if a != b:
            return f'line {number + 1}:\nours   {a!r}\ntheirs {b!r}'
    return f'{len(ours)} and {len(theirs)} bytes'


def same(name, *arguments, side='34', errors=True, **options):
    """One case: both print the same and end with the same status."""
    ours, theirs = run('ours', *arguments, **options), run(side, *arguments, **options)
    parts = (0, 1, 2) if errors else (0, 1)
    wrong = [part for part in parts if ours[part] != theirs[part]]
    detail = ''
    if wrong:
        part = wrong[0]
        detail = f'{arguments}\n' + (difference(ours[part], theirs[part]) if part else f'status {ours[0]}, {theirs[0]}')
    return tap.case(name, not wrong, detail)
