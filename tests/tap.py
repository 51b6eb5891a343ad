# SPDX-License-Identifier: GPL-2.0-only
"""TAP for test programs in Python:

    sys.path.insert(0, os.path.join(os.environ['LKM_SOURCE'], 'tests'))
    import tap

    tap.case('adds', 1 + 1 == 2)
    tap.equal('adds', 1 + 1, 2)
    tap.skip('adds on the moon', 'this is the earth')
    tap.finish()
"""
import atexit
import sys

_count = _failed = 0
_finished = False


def _print(words):
    print(words, flush=True)


def diagnostic(text):
    for line in str(text).splitlines():
        _print(f'# {line}')


def case(name, good, detail=''):
    """One case; detail, a text, is shown when it is not good."""
    global _count, _failed
    _count += 1
    if not good:
        _failed += 1
    _print(f'{"ok" if good else "not ok"} {_count} - {name}')
    if not good:
        diagnostic(detail)
    return good


def equal(name, got, expected):
    return case(name, got == expected, f'expected {expected!r}\ngot      {got!r}')


def skip(name, reason):
    global _count
    _count += 1
    _print(f'ok {_count} - {name} # SKIP {reason}')


def finish():
    """Prints the plan and ends the program."""
    global _finished
    _finished = True
    _print(f'1..{_count}')
    sys.exit(1 if _failed else 0)


@atexit.register
def _forgotten():
    if _count and not _finished:  # an exception, or no finish(): too few cases for the plan
        _print(f'1..{_count + 1}')
