# SPDX-License-Identifier: GPL-2.0-only
"""The real kernel's answer to a case, by the oracle: what is asked of it, and a line of what it said.

    case
    before  taints of the kernel before the load, if any
    load    0, the errno's name, or "crash"
    log     [[level, text], ...] of the load; without addresses, dumps, and the module's own lines
    taint   letters, after the load
    size    of the loaded module, as /proc/modules has it
    unload  "crash", when the kernel went down only then
    ran     true, when it crashed within the module's own init
"""
import os
import re
import sys

import elf

if 'LKM_ORACLE' not in os.environ:
    print('LKM_ORACLE does not name a checkout of the oracle')
    sys.exit(77)
sys.path.insert(0, os.environ['LKM_ORACLE'])
import oracle  # noqa: E402

TAINTS = '/proc/sys/kernel/tainted'


def name_of(content, fallback):
    """The name in the module structure, if there is one."""
    try:
        module = elf.Module(content)
        return module.text(module.section('.gnu.linkonce.this_module').offset + 24)
    except (ValueError, OverflowError, LookupError, elf.struct.error):
        return fallback


def group(corpus, case, fresh):
    path = corpus.file(case.name)
    with open(path, 'rb') as file:
        name = name_of(file.read(), case.base)
    ops = [('write', *write) for write in case.writes]
    ops += [oracle.op_load(corpus.file(before)) for before in case.before]
    ops += [('read', TAINTS, '64'), oracle.op_load(path, case.params, case.flags, case.method),
            ('read', TAINTS, '64'), ('read', '/proc/modules', '65536'), oracle.op_unload(name)]
    return oracle.Group(case.name, ops, fresh=bool(fresh or case.before or case.writes), tag=(case, name))


def letters(record):
    mask = int(record.get('data') or 0)
    return ''.join(letter for bit, letter in enumerate(oracle.TAINT) if mask >> bit & 1)


def answer(release, asked, records):
    case, name = asked.tag
    skip = len(case.writes) + len(case.before)
    for number, record in enumerate(records[:skip]):
        if number >= len(case.writes) and record.get('err'):
            raise RuntimeError(f'{case.name}: {record}')
    before, load, after, listed, unload, *_ = records[skip:] + [{}] * 5
    log = oracle.compact_log(load.get('log'), 'crash' in load)
    line = {'case': case.name}
    if letters(before):
        line['before'] = letters(before)
    line['load'] = 'crash' if load.get('crash') else load.get('err') or 0
    line['log'] = [[level, text.replace(release, '<release>')] for level, text in log if level != 6]
    if 'data' in after:
        line['taint'] = letters(after)
    if load.get('crash'):
        line['crash'] = load['crash']
        if re.search(r'do_one_initcall|do_init_module', str(load.get('console')) + str(load.get('stack'))):
            line['ran'] = True
    if line['load'] == 0:
        line['size'] = next((int(row.split()[1]) for row in listed.get('data', '').splitlines()
                             if row.split(' ')[0] == name), None)
    if unload.get('crash') or listed.get('crash') or after.get('crash'):
        line['unload'] = 'crash'
    return line


def ask(kernel, corpus, cases, is_fresh, tell, batch=None):
    """Asks all cases; neighbours that are not is_fresh(case) share a guest, up to batch of them. Calls tell(answer)."""
    groups = [group(corpus, case, is_fresh(case)) for case in cases]
    oracle.run(groups, oracle.Config(kernel, snapshot=True, timeout_ms=8000), batch=batch,
               on_group=lambda asked, records: tell(answer(kernel.release, asked, records)))
