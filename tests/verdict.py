# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel said to a module, what lkm says, and lists of where they may differ.

A verdict in words is "0 0" (loads, unloads), "0 EBUSY", "ENODEV", "crash". A list of exceptions has
lines "NAME VERDICT # CAUSE", where VERDICT is lkm's: a module whose verdict is not the kernel's needs
such a line, and a line for a module that agrees is wrong, too, unless its VERDICT begins with
"sometimes"; "EIO or EEXIST" is one of several.
"""
import os
import re


def name_of(path):
    return os.path.basename(path).split('.ko')[0].replace('-', '_')


def words(verdict):
    return ' '.join(str(part) for part in verdict)


def read_exceptions(path):
    """{name: what lkm says}; none when there is no such file."""
    found = {}
    if os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            for line in file:
                entry = re.match(r'^(\w+)\s+(\S[^#]*?)\s*#\s*\S', line)
                if entry:
                    found[entry[1]] = entry[2]
                elif line.strip() and not line.startswith('#'):
                    raise SystemExit(f'{path}: not "NAME VERDICT # CAUSE": {line}')
    return found


def complaint(got, accepted, listed):
    """What is wrong with a verdict of lkm's, or None. accepted: the kernel's; listed: the exception."""
    sometimes = (listed or '').startswith('sometimes ')
    if sometimes:
        listed = listed[len('sometimes '):]
    if got in accepted:
        return None if listed is None or sometimes else f'agrees now ({got}): remove its exception'
    if got in (listed or '').split(' or '):
        return None
    return (f'the kernel: {" or ".join(sorted(accepted))}; lkm: {got}; '
            f'the exceptions: {listed or "not listed"}')
