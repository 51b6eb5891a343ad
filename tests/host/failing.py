# SPDX-License-Identifier: GPL-2.0-only
"""Memory runs out, or a call into the system fails, at each place in turn (failing.c), on another "running kernel"."""
import os
import subprocess

import other
import tap

BUILD = os.environ['LKM_BUILD']
LIBRARIES = ':'.join(os.path.join(BUILD, 'tests/host', name + '.so') for name in ('redirect', 'failing'))
LAST = 3000


def take(path):
    """The bytes of a file, which is removed; None: there is none."""
    if not os.path.exists(path):
        return None
    with open(path, 'rb') as file:
        content = file.read()
    os.unlink(path)
    return content


def run(kernel, command, stdin, kind='', number=0):
    """((status, output, what the kernel was asked for), errors, whether the failure was met)"""
    mark = os.path.join(kernel.root, 'mark')
    env = {**os.environ, 'LC_ALL': 'C', 'LD_PRELOAD': LIBRARIES, 'REDIRECT_ROOT': kernel.root,
           'REDIRECT_RELEASE': other.RELEASE, 'REDIRECT_CALLS': kernel.calls, 'FAIL_MARK': mark}
    if kind:
        env[kind] = str(number)
    done = subprocess.run(command, env=env, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return (done.returncode, done.stdout, take(kernel.calls)), done.stderr, take(mark) is not None


def sweep(title, kernel, command, stdin=b'', is_tool=True, may_do_without=False, also=()):
    """A tool says what is wrong and ends with 1, or does what it would have done anyway. may_do_without: or says what
    is wrong, and goes on without it. also: other results, of calls that fail. What is no tool does not crash."""
    usual = run(kernel, command, stdin)[0]
    for kind in ('FAIL_MEMORY', 'FAIL_CALL'):
        wrong, number, refused = [], 1, 0
        for number in range(1, LAST):
            result, errors, met = run(kernel, command, stdin, kind, number)
            if not met:
                break
            said = errors.strip() and errors.endswith(b'\n')
            fine = result[0] >= 0 if not is_tool else \
                result == usual or (result in also and kind == 'FAIL_CALL') or (said and (result[0] == 1 or (may_do_without and result[0] == usual[0])))
            refused += result[0] == 1
            if not fine:
                wrong.append(f'{number}: status {result[0]}, {result[1][-200:]!r} {result[2]!r} {errors[:300]!r}')
        tap.case(f'{title}: {number - 1} times {kind.lower()}, {refused} refusals',
                 not wrong and 3 < number < LAST and (refused or not is_tool), '\n'.join(wrong[:10]))
