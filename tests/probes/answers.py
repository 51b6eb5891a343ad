# SPDX-License-Identifier: GPL-2.0-only
"""What is compared of the answers to a probe, and how arguments are written for either side."""
import errno
import hashlib
import json
import os
import re

from kernel_log import plain_log
from steps import Inout, NUMBERS, Result

HERE = os.path.dirname(os.path.abspath(__file__))
ARGUMENTS = 6
DESCRIPTORS = ('openat', 'socket', 'accept4', 'memfd_create')
LONG = 1024  # bytes; of longer data the hash is kept


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


def brief(text, data):
    """The text, or what identifies the data that it stands for."""
    return text if len(data) <= LONG else f'{len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}'


def shown(value, text):
    data = bytearray.fromhex(text)
    for place in value.hidden:
        data[place] = 0
    return brief(data.hex(), data)


def given_back(step, data):
    """Of the bytes that came back (hexadecimal, one text for each address) those that count."""
    addresses = [value for value in step[2:] if isinstance(value, (Inout, bytes, str))]
    return [shown(value, text) for value, text in zip(addresses, data) if isinstance(value, Inout)]


def algorithms(text, folder, modules):
    """{driver: what its self-test said} of those in /proc/crypto that modules of a folder have brought."""
    found = {}
    for block in text.split('\n\n'):
        words = dict(re.findall(r'^(\w+) +: (.*)$', block, re.M))
        if modules.get(words.get('module'), '').startswith(folder):
            found[words['driver']] = words['selftest']
    return dict(sorted(found.items()))


def answer(step, ret, data, log):
    """ret: 0, a count, or a negative errno. A descriptor's number depends on what else is open."""
    row = {'step': ' '.join(str(word) for word in step[:2])}
    if step[0] == 'offer':
        return row
    if step[0] == 'algorithms':
        return {**row, 'data': data}
    if step[0] == 'sys' and step[1] in DESCRIPTORS and ret > 0:
        ret = 0
    row['ret'] = errno.errorcode.get(-ret, str(ret)) if ret < 0 else ret
    if data:
        row['data'] = brief(data, data.encode('latin-1')) if step[0] == 'read' else data
    log = plain_log(log, False)
    if log:
        row['log'] = log
    return row


# A thread each says such a line, and any may be the first.
OF_THREADS = re.compile(r'test_firmware: #\d+: ')


def in_order(log):
    """The log with the lines of threads that run beside each other in one order."""
    places = [number for number, line in enumerate(log) if OF_THREADS.match(line[1])]
    lines = list(log)
    for place, line in zip(places, sorted(log[number] for number in places)):
        lines[place] = line
    return lines


def settled(rows):
    """What is done in the background says what it says now or in a moment: before a sleep, or while it lasts."""
    rows = [{**row, 'log': in_order(row['log'])} if 'log' in row else dict(row) for row in rows]
    for number, row in enumerate(rows):
        if row['step'].startswith('sleep'):
            said = row.pop('log', [])
            for before in reversed(rows[:number]):
                if not before['step'].startswith(('sys', 'write')):
                    break
                said = before.pop('log', []) + said
            if said:
                row['log'] = said
    return rows


def without_name(rows, release):
    """The rows without the name of their release, which some drivers tell."""
    return json.loads(json.dumps(rows).replace(release, '<release>'))


def read(path):
    """The release that was asked, {probe: [answer, ...]}, and {probe: what made its disk (maker_of)}."""
    with open(path, encoding='utf-8') as file:
        first, *rows = map(json.loads, file)
    found = {row['probe']: row['answers'] for row in rows}
    for row in (row for rows in found.values() for row in rows if 'log' in row):
        row['log'] = plain_log(row['log'], False)
        if not row['log']:
            del row['log']
    return first['release'], found, {row['probe']: row['disk_by'] for row in rows if 'disk_by' in row}


def write(path, release, found, makers):
    with open(path, 'w', encoding='utf-8') as file:
        print(json.dumps({'release': release}), file=file)
        for probe in sorted(found):
            disk = {'disk_by': makers[probe]} if probe in makers else {}
            print(json.dumps({'probe': probe, **disk, 'answers': found[probe]}), file=file)
