# SPDX-License-Identifier: GPL-2.0-only
"""Does the steps of a scenario with lkm run, and compares the answers with those of the real kernel.

A group of a scenario is one run: its first step loads the module of the run, a last step that
unloads it is what the run does by itself, everything between becomes a -c command.
"""
import glob
import json
import os
import shlex
import subprocess

import scenario

SOURCE = os.environ.get('LKM_SOURCE') or os.path.dirname(os.path.dirname(scenario.HERE))
LKM = os.environ.get('LKM') or os.path.join(SOURCE, 'build', 'lkm')

POLL_BITS = {0x1: 'IN', 0x2: 'PRI', 0x4: 'OUT', 0x8: 'ERR', 0x10: 'HUP', 0x40: 'RDNORM',
             0x80: 'RDBAND', 0x100: 'WRNORM', 0x200: 'WRBAND', 0x400: 'MSG', 0x2000: 'RDHUP'}


def stock_path(name, release):
    """Of the module "@kernel/...ko" of a release, whatever it is packed with."""
    found = subprocess.run([LKM, 'kernel', 'path', '--modules', release], stdout=subprocess.PIPE, text=True,
                           check=True)
    return glob.glob(os.path.join(found.stdout.strip(), name[1:] + '*'))[0]


def command(words, modules, release):
    op, *args = words
    if op == 'load':
        path = stock_path(args[0], release) if args[0][0] == '@' else os.path.join(modules, args[0])
        return shlex.join(['insmod', path, *args[1:]])
    if op == 'write':  # its own escapes are for lkm
        return f"write {args[0]} '{args[1]}'"
    if op == 'sleep':
        return f'sleep {int(args[0]) / 1000}'
    verbs = {'unload': 'rmmod', 'read': 'cat', 'grep': 'cat'}
    if op in ('read', 'grep', 'unload', 'poll'):
        args = args[:1]
    return ' '.join([verbs.get(op, op), *args])


def command_line(steps, modules, release):
    """The lkm run that does these steps."""
    timeout = next((int(words[1]) // 1000 for words in steps if words[0] == 'timeout'), 30)
    steps = [words for words in steps if words[0] != 'timeout']
    file, *parameters = steps[0][1:]
    module = os.path.basename(file)[:-len('.ko')]
    path = module if file[0] == '@' else os.path.join(modules, file)
    line = [LKM, 'run', '--json', '-k', release, '--timeout', str(timeout),
            path, *parameters]
    middle = steps[1:]
    if middle and middle[-1] == ['unload', module.replace('-', '_')]:
        middle = middle[:-1]
    else:
        line.append('--keep')
    for words in middle:
        line += ['-c', command(words, modules, release)]
    return line


def run(steps, modules, release):
    """The steps of lkm's answer, or a text that says why there are none."""
    line = command_line(steps, modules, release)
    try:
        answer = subprocess.run(line, capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return 'lkm run does not end'
    try:
        document = json.loads(answer.stdout)
    except ValueError:
        return f'no JSON, status {answer.returncode}: {answer.stderr.decode(errors="replace")}'
    return document.get('steps') or document.get('error') or 'no steps'


def without_no_data(answer):
    """A step that failed has read nothing, whether that is said or not."""
    if answer['err'] and not answer.get('data'):
        answer.pop('data', None)
    return answer


def in_terms_of_lkm(expected, words):
    """The recorded answer as lkm would give it: what is known there by another name."""
    expected = dict(expected)
    if words[0] == 'poll':
        bits = int(expected['data'], 16)
        names = [name for bit, name in POLL_BITS.items() if bits & bit]
        expected['data'] = ' '.join(names or ['nothing']) + '\n'
    if expected.get('crash') == 'hang':
        expected['crash'] = 'timeout'
    return without_no_data(expected)


def in_terms_of_oracle(got, words):
    got = {key: value for key, value in got.items() if value is not None or key in ('ret', 'err')}
    if words[0] == 'grep' and 'data' in got:
        lines = [line for line in got['data'].splitlines(True) if words[2] in line]
        got.update(op='grep', data=''.join(lines), ret=len(lines))
    if words[0] == 'read' and len(words) > 2 and 'data' in got:
        got['data'] = got['data'][:int(words[2])]
        got['ret'] = len(got['data'])
    return without_no_data(got)


def differences(expected, got, release):
    """What is not equal, as lines of text."""
    got = scenario.plain(got, release)
    lines = []
    if expected.get('crash') in ('timeout', 'panic'):  # nobody could ask that kernel for its log any more
        keys = ('op', 'ret', 'err', 'crash', 'panic')
        expected, got = ({key: answer.get(key) for key in keys} for answer in (expected, got))
    for key in ('op', 'ret', 'err', 'data', 'crash', 'rip', 'panic', 'uevents'):
        if expected.get(key) != got.get(key):
            lines.append(f'{key}: the kernel {expected.get(key)!r}, lkm {got.get(key)!r}')
    mine, kernels = got.get('log', []), expected.get('log', [])
    if mine != kernels:
        lines += [f'only the kernel says {line}' for line in kernels if line not in mine]
        lines += [f'only lkm says {line}' for line in mine if line not in kernels]
        lines += [] if lines else ['the same log in another order']
    return lines


def compare(steps, answers, got, release):
    if isinstance(got, str):
        return [got]
    steps = [words for words in steps if words[0] != 'timeout']
    lines = []
    if len(got) != len(answers):
        lines.append(f'{len(answers)} steps expected, lkm did {[step["op"] for step in got]}')
    for words, expected, step in zip(steps, answers, got):
        found = differences(in_terms_of_lkm(expected, words), in_terms_of_oracle(step, words),
                            release)
        lines += [f'{" ".join(words)}: {line}' for line in found]
    return lines
