# SPDX-License-Identifier: GPL-2.0-only
"""What the loader says, through load-query, and how it is compared with what the real kernel said."""
import errno
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ['LKM_SOURCE'], 'tests'))
from kernel_files import kernel_path  # noqa: E402

BUILD = os.environ['LKM_BUILD']
LETTERS = 'PFSRMBUDAWCIOELKXTN'  # of the taints, from bit 0


def taints(letters):
    return sum(1 << LETTERS.index(letter) for letter in letters)


def kernel_files(release):
    """Its image and its configuration: in /boot, or since 7.2 beside the modules."""
    image = kernel_path(release)
    return image, os.path.join(os.path.dirname(image), os.path.basename(image).replace('vmlinuz', 'config'))


def request(corpus, case, want):
    """Of a case of the corpus, for query(); want is the kernel's answer."""
    written = dict(case.writes)
    return {'file': corpus.file(case.name), 'params': case.params, 'flags': case.flags, 'method': case.method,
            'before': [corpus.file(name) for name in case.before], 'taints': taints(want.get('before', '')),
            'modules_disabled': '/proc/sys/kernel/modules_disabled' in written,
            'sig_enforce': '/sys/module/module/parameters/sig_enforce' in written,
            'lockdown': '/sys/kernel/security/lockdown' in written}


def query(release, requests):
    """An answer for each request; query.c says what they are made of."""
    result = subprocess.run([os.path.join(BUILD, 'tests/load/load-query'), *kernel_files(release)],
                            input=''.join(json.dumps(request) + '\n' for request in requests),
                            stdout=subprocess.PIPE, text=True, check=False)
    return [json.loads(line) for line in result.stdout.split('\n') if line]


def plain_log(log, release):
    """The loader's lines, without what differs between runs: values, addresses, who loads."""
    kept = []
    for level, text in log:
        text = text.replace(release, '<release>')
        text = re.sub(r'\b(val|loc|Lockdown:) \S+', r'\1', text)
        text = re.sub(r'\(____ptrval____\)|<addr>|\b[0-9a-f]{16}\b', '<addr>', text)
        text = re.sub(r'^( actual:   | expected: |missing return thunk: ).*', r'\1', text)
        # A module's own lines, and a WARN's dump.
        if level != 6 and not re.match(r'------------\[|WARNING: (CPU|\S+:\d+ at )', text):
            kept.append([level, text])
    return kept


def number(load):
    """Of an error that has a name outside of the kernel, or not ("E524")."""
    return load and getattr(errno, load, None) or int(str(load).lstrip('E'))


def complaints(want, got, release):
    """Where the answer differs from the kernel's; want as tests/load/corpus/record writes it."""
    if want['load'] == 'crash':
        return [] if got['crash'] else [f'the kernel crashes; {got}']
    if got['crash'] and want.get('unload') == 'crash':
        return []
    found = []
    code = -number(want['load'])
    if got['code'] != code:
        found.append(f'errno {got["code"]} instead of {code}')
    if want['log'] is not None and plain_log(want['log'], release) != plain_log(got['log'], release):
        found.append(f'log {plain_log(got["log"], release)}\ninstead of {plain_log(want["log"], release)}')
    before = want.get('before', '')
    if 'taint' in want and set(want['taint']) != set(got['taint']) | set(before):
        found.append(f'taints {got["taint"]} instead of {want["taint"]}, {before} before')
    if want.get('size') is not None and code == 0 and want['size'] != got['coresize']:
        found.append(f'size {got["coresize"]} instead of {want["size"]}')
    return found
