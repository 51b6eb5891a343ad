# SPDX-License-Identifier: GPL-2.0-only
"""What is compared of the answers to a probe, and how arguments are written for either side."""
import errno
import json
import os

from kernel_log import plain_log
from probes import Inout, NUMBERS, Result

HERE = os.path.dirname(os.path.abspath(__file__))
ARGUMENTS = 6


def path_of(release):
    """The recorded answers of a release's series."""
    return os.path.join(HERE, f'expected-{".".join(release.split(".")[:2])}.jsonl')


def argument(value):
    """As the oracle's agent reads it; engine-drive does, too, but for "$N"."""
    if isinstance(value, Result):
        return f'${value.number}'
    if isinstance(value, Inout):
        return 'x' + value.data.hex()
    if isinstance(value, bytes):
        return 'x' + value.hex()
    if isinstance(value, str):
        return 'x' + value.encode().hex() + '00'
    return str(value)


def call_words(step):
    """Number and six arguments of a system call."""
    _, call, *arguments = step
    words = [argument(value) for value in arguments]
    return [str(NUMBERS[call]), *words, *['0'] * (ARGUMENTS - len(words))]


def given_back(step, data):
    """Of the bytes that came back (hexadecimal, one text for each address) those that count."""
    addresses = [value for value in step[2:] if isinstance(value, (Inout, bytes, str))]
    return [text for value, text in zip(addresses, data) if isinstance(value, Inout)]


def answer(step, ret, data, log):
    """ret: 0, a count, or a negative errno. A descriptor's number depends on what else is open."""
    if step[0] == 'sys' and step[1] in ('openat', 'socket', 'accept4') and ret > 0:
        ret = 0
    row = {'step': ' '.join(str(word) for word in step[:2])}
    row['ret'] = errno.errorcode.get(-ret, str(ret)) if ret < 0 else ret
    if data:
        row['data'] = data
    log = plain_log(log, False)
    if log:
        row['log'] = log
    return row


def read(path):
    """{probe: [answer, ...]}"""
    with open(path, encoding='utf-8') as file:
        found = {row['probe']: row['answers'] for row in map(json.loads, file)}
    for row in (row for rows in found.values() for row in rows if 'log' in row):
        row['log'] = plain_log(row['log'], False)
        if not row['log']:
            del row['log']
    return found
