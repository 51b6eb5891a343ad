# SPDX-License-Identifier: GPL-2.0-only
"""Modules that are damaged at random, each one made again from its number:

    case = mutant('seed 7', find)     a cases.Case; find(base) gives the content of a valid module

A mutant is a base, one to three changes, and a way to load it. A change is a function of the module and the random
numbers, which says what it did; CHANGES has them with their weights.
"""
import random
import struct

import cases
import elf
from cases import ALLOC, EXEC, MARKER, SIGNED, THIS, WRITE, Case

# (base, loaded before); most often those that run no code of their own, which damage would crash.
BASES = ((('cnoinit', ()), 6), (('cbase', ()), 6), (('cplain', ()), 4), (('cuser', ('cbase',)), 3), (('cparams', ()), 4),
         (('cweak', ('cbase',)), 1), (('crival', ('cbase',)), 1), (('cheir', ('cplain',)), 1), ((SIGNED, ()), 3),
         (('@ts_bm', ()), 2), (('@ts_kmp', ()), 1), (('@lru_cache', ()), 1))
EDGES = (0, 1, 2, 3, 4, 7, 8, 12, 16, 23, 24, 63, 64, 0xff, 0xfff, 0x1000, 0x1001, 0xffff, 0x10000, 1 << 20, (1 << 31) - 1, 1 << 31, (1 << 32) - 1,
         1 << 32, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 4096, (1 << 64) - 1)
WIDTHS = {'B': 8, 'H': 16, 'I': 32, 'Q': 64, 'q': 64}
SPECIAL = ('.text', '.init.text', '.exit.text', '.data', '.bss', '.rodata', '.init.data', '.init.rodata', '.modinfo', THIS, '__versions', '__param',
           '__ksymtab', '__ksymtab_gpl', '__kcrctab', '__kcrctab_gpl', '__ksymtab_strings', '__ex_table', '__bug_table', '__jump_table',
           '.altinstructions', '.altinstr_replacement', '.smp_locks', '.parainstructions', '.retpoline_sites', '.return_sites',
           '.ibt_endbr_seal', '.call_sites', '.cfi_sites', '.orc_unwind', '.orc_unwind_ip', '.orc_header', '.BTF', '.BTF.base', '.BTF_ids',
           '.static_call_sites', '__tracepoints', '__tracepoints_ptrs', '__tracepoints_strings', '_ftrace_events', '_ftrace_eval_map',
           '__trace_printk_fmt', '__bpf_raw_tp_map', '___srcu_struct_ptrs', '__mcount_loc', '_kprobe_blacklist', '.kprobes.text',
           '.noinstr.text', '.ctors', '.init_array', '.fini_array', '__dyndbg', '__dyndbg_classes', '__obsparm', '.data..percpu',
           '.data..ro_after_init', '.data..read_mostly', '.printk_index', '.kunit_test_suites', '_error_injection_whitelist', '.codetag.alloc_tags',
           'alloc_tags', '__version_ext_crcs', '__version_ext_names', '.note.gnu.build-id', '.note.Linux', '.note.gnu.property', '.symtab', '.strtab',
           '.shstrtab', '.comment', '.gnu.linkonce.thi_module', '.init', '.exit', '.plt', '.init.plt', '.text.ftrace_trampoline', '.rela.text',
           '__kcrctab_gpl_future', '__patchable_function_entries', '.kunit_init_test_suites', '.rodata.str1.1', '.its_sites', '.livepatch_x',
           '.klp.rela.vmlinux..text', '__ro_after_init', '.taints', '', 'x' * 70)
TAGS = ('license', 'vermagic', 'name', 'retpoline', 'intree', 'staging', 'livepatch', 'test', 'import_ns', 'depends', 'srcversion', 'version', 'author',
        'parmtype', 'softdep', 'alias', 'rhelversion', 'built_from_layer', 'scmversion', 'signer', '')
VALUES = ('', 'Y', 'N', 'GPL', 'GPL v2', 'Dual BSD/GPL', 'Dual MIT/GPL', 'Proprietary', 'BSD', 'gpl', 'GPL and additional rights', 'a b', 'x' * 100,
          'CORPUS', 'CRYPTO_INTERNAL', 'DMA_BUF', 'kernel', 'cbase', '-', '\xff', 'a=b', '"')
IMPORTS = ('printk', '_printk', 'kfree', 'no_such', 'kernel_kobj', 'cbase_plain', 'cbase_gpl', 'cbase_spaced', 'dma_buf_put', 'jiffies', 'init_task',
           'cplain_value', '__this_module', '_GLOBAL_OFFSET_TABLE_', 'module_layout', 'crypto_cipher_setkey', '__fentry__', 'ext4_iget', '', 'x' * 200)


def edge(rng, width, near=0):
    """A number that is worth trying in so many bits; near: what stands there."""
    which = rng.randrange(4)
    if which == 0:
        value = near + rng.choice((-64, -24, -8, -4, -1, 1, 4, 8, 24, 64, 4096))
    elif which == 1:
        value = near ^ 1 << rng.randrange(width)
    else:
        value = rng.choice(EDGES)
    return value % (1 << width)


def change_field(rng, record, fields=None):
    name = rng.choice(fields or sorted(record.LAYOUT))
    form = record.LAYOUT[name][1]
    was = getattr(record, name)
    value = edge(rng, WIDTHS[form], was)
    if form == 'q' and value >= 1 << 63:
        value -= 1 << 64
    setattr(record, name, value)
    return f'{name} {was:#x} -> {value:#x}'


def name_of(module, section):
    return module.text(module.sections[module.header.shstrndx].offset + section.name)


def number_of(module, section):
    return (section.at - module.header.shoff) // elf.Section.SIZE


def any_section(rng, module, wanted=lambda section: True):
    found = [section for section in module.sections[1:] if wanted(section)]
    return rng.choice(found or module.sections[1:])


def any_symbol(rng, module):
    symbol = rng.choice(module.symbols)
    return symbol, module.text(module.section('.strtab').offset + symbol.name)


def header(rng, module):
    return 'header ' + change_field(rng, module.header)


def ident(rng, module):
    at, value = rng.randrange(16), rng.randrange(256)
    module.data[at] = value
    return f'e_ident[{at}] = {value}'


def section_field(rng, module):
    section = any_section(rng, module)
    return f'section {name_of(module, section)} ' + change_field(rng, section)


def section_type(rng, module):
    section = any_section(rng, module)
    section.type = rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 14, 15, 16, 17, 0x70000001, 0x7fffffff))
    return f'section {name_of(module, section)} type {section.type}'


def section_flags(rng, module):
    section = any_section(rng, module)
    section.flags = rng.choice((section.flags ^ rng.choice((WRITE, ALLOC, EXEC, 0x10, 0x20, 0x400, 1 << 20, 1 << 21)), rng.randrange(8),
                                rng.randrange(8) | 1 << rng.randrange(64)))
    return f'section {name_of(module, section)} flags {section.flags:#x}'


def section_zero(rng, module):
    return 'section 0 ' + change_field(rng, module.sections[0])


def section_renamed(rng, module):
    section, new = any_section(rng, module), rng.choice(SPECIAL)
    was, number = name_of(module, section), number_of(module, section)
    offset = module.add_name('.shstrtab', new)
    module.sections[number].name = offset
    return f'section {was} renamed {new}'


def section_removed(rng, module):
    section = any_section(rng, module)
    was = name_of(module, section)
    section.type, section.size, section.flags = 0, 0, 0
    return f'section {was} removed'


def section_added(rng, module):
    name = rng.choice(SPECIAL)
    size = rng.choice((0, 1, 4, 8, 12, 16, 24, 40, 48, 64, 100, 896))
    content = bytes(size) if rng.randrange(2) else rng.randbytes(size)
    flags = rng.choice((0, ALLOC, ALLOC, ALLOC | WRITE, ALLOC | EXEC, WRITE))
    kind = rng.choice((1, 1, 1, 7, 8, 4))
    module.add_section(name, content, type=kind, flags=flags, align=rng.choice((0, 1, 4, 8, 32)))
    return f'section {name} added: type {kind}, flags {flags}, {content.hex()[:40]}.. of {size}'


TABLES = {'.altinstructions': 12, '.smp_locks': 4, '.parainstructions': 16, '.retpoline_sites': 4, '.return_sites': 4, '.ibt_endbr_seal': 4,
          '.call_sites': 4, '.cfi_sites': 4, '.orc_unwind': 6, '.orc_unwind_ip': 4, '.static_call_sites': 8, '__tracepoints_ptrs': 4,
          '_ftrace_events': 8, '_ftrace_eval_map': 8, '__trace_printk_fmt': 8, '__bpf_raw_tp_map': 32, '___srcu_struct_ptrs': 8, '__mcount_loc': 8,
          '_kprobe_blacklist': 8, '__ex_table': 12, '__bug_table': 12, '__jump_table': 16, '__dyndbg': 56, '__dyndbg_classes': 56, '__param': 40,
          '__ksymtab': 12, '__kcrctab': 4, '__ksymtab_gpl': 12, '.ctors': 8, '.init_array': 8, '.codetag.alloc_tags': 40, 'alloc_tags': 40,
          '.printk_index': 8, '_error_injection_whitelist': 16, '.its_sites': 4, '__tracepoints': 8, '.BTF': 24}


def table_added(rng, module):
    """One of the tables that the kernel works through, of rows that lead nowhere."""
    name = rng.choice(sorted(TABLES))
    size = TABLES[name] * rng.choice((0, 1, 1, 2, 3)) + rng.choice((0, 0, 0, 1))
    content = bytes(size) if rng.randrange(3) else rng.randbytes(size)
    flags = rng.choice((0, ALLOC, ALLOC, ALLOC | WRITE))
    module.add_section(name, content, flags=flags, align=8)
    return f'table {name} added: flags {flags}, {content.hex()[:60]} of {size}'


def section_doubled(rng, module):
    section = any_section(rng, module)
    name = name_of(module, section)
    content = bytes(module.data[section.offset:section.offset + section.size]) if section.type != 8 else b''
    module.add_section(name, content, section.type, section.flags, section.link, section.info, section.align)
    return f'section {name} twice'


def sections_swapped(rng, module):
    one, other = any_section(rng, module), any_section(rng, module)
    names = name_of(module, one), name_of(module, other)
    a, b = bytes(module.data[one.at:one.at + 64]), bytes(module.data[other.at:other.at + 64])
    module.data[one.at:one.at + 64], module.data[other.at:other.at + 64] = b, a
    return f'headers of {names[0]} and {names[1]} swapped'


def section_bytes(rng, module):
    """Bytes of a section that is data of the loader's."""
    section = any_section(rng, module, lambda s: name_of(module, s) in SPECIAL[8:] and s.size and s.type not in (8, 4))
    at = section.offset + rng.randrange(section.size or 1)
    if rng.randrange(2):
        module.data[at] ^= 1 << rng.randrange(8)
    else:
        module.data[at:at + 4] = struct.pack('<I', edge(rng, 32))
    return f'section {name_of(module, section)} byte {at - section.offset:#x}'


def symbol_field(rng, module):
    symbol, name = any_symbol(rng, module)
    return f'symbol {name} ' + change_field(rng, symbol)


def symbol_place(rng, module):
    symbol, name = any_symbol(rng, module)
    symbol.shndx = rng.choice((0, 0xfff1, 0xfff2, 0xffff, 0xff00, 0xff20, 0xff1f, module.header.shnum, module.header.shnum - 1, 1,
                               rng.randrange(module.header.shnum)))
    return f'symbol {name} shndx {symbol.shndx:#x}'


def symbol_kind(rng, module):
    symbol, name = any_symbol(rng, module)
    symbol.info = rng.choice((0, 1, 2, 3, 4, 5, 6, 10)) | rng.choice((0, 0x10, 0x20, 0x30, 0xa0, 0xf0))
    return f'symbol {name} info {symbol.info:#x}'


def symbol_name(rng, module):
    symbol, name = any_symbol(rng, module)
    at, new = symbol.at, rng.choice(IMPORTS)
    number = (at - module.section('.symtab').offset) // 24
    offset = module.add_name('.strtab', new)
    module.symbols[number].name = offset
    return f'symbol {name} named {new}'


def symbol_added(rng, module):
    name, shndx = rng.choice(IMPORTS), rng.choice((0, 0, 0, 0xfff1, 0xfff2, 1, 0xff20, 0xfff0))
    info = rng.choice((0, 0x10, 0x10, 0x20, 0x11, 0x22, 0xa0))
    module.add_symbol(name, shndx, rng.choice((0, 8, 1 << 40)), info)
    return f'symbol {name} added: shndx {shndx:#x}, info {info:#x}'


def relocation(rng, module):
    tables = [section for section in module.sections[1:] if section.type == 4 and section.size >= 24]
    if not tables:
        return 'no relocation'
    table = rng.choice(tables)
    place = elf.Rela(module.data, table.offset + 24 * rng.randrange(table.size // 24))
    name = name_of(module, table)
    which = rng.randrange(4)
    if which == 0:
        was, place.type = place.type, rng.choice((0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 26, 37, 41, 42, 43, 255))
        done = f'type {was} -> {place.type}'
    elif which == 1:
        was, place.symbol = place.symbol, rng.randrange(len(module.symbols) + 2)
        done = f'symbol {was} -> {place.symbol}'
    elif which == 2:
        size = module.sections[table.info].size if table.info < module.header.shnum else 64
        was, place.offset = place.offset, rng.choice((0, size - 1, size - 4, size - 8, size, max(size, 1) + rng.randrange(64), 1 << 20, rng.randrange(max(size, 1)))) % (1 << 64)
        done = f'offset {was:#x} -> {place.offset:#x}'
    else:
        was, place.addend = place.addend, rng.choice((0, 1, -1, -4, 4, 1 << 20, 1 << 31, -(1 << 31), 1 << 32, -(1 << 32), 1 << 62, rng.randrange(100)))
        done = f'addend {was} -> {place.addend}'
    return f'relocation in {name} at {place.offset:#x}: {done}'


def relocation_added(rng, module):
    target = any_section(rng, module)
    name, size, info = name_of(module, target), target.size, number_of(module, target)
    kind, symbol = rng.choice((1, 2, 4, 10, 11, 24, 0)), rng.randrange(len(module.symbols))
    offset = rng.randrange(max(1, min(size, 1 << 16)))
    content = struct.pack('<QIIq', offset, kind, symbol, rng.choice((0, -4, 8)))
    module.add_section('.rela' + name, content, 4, info=info, link=module.index('.symtab'), align=8)
    return f'relocation of {name}+{offset:#x} added: type {kind}, symbol {symbol}'


def info_changed(rng, module):
    entries = module.content('.modinfo').split(b'\0')[:-1]
    if not entries:
        return 'no entries'
    at = rng.randrange(len(entries))
    was = entries[at].decode('latin-1')
    key = was.split('=')[0]
    which = rng.randrange(6)
    if which == 0:
        del entries[at]
    elif which == 1:
        entries.append(entries[at])
    elif which == 2:
        entries[at] = key.encode('latin-1')
    elif which == 3:
        entries[at] = (key + '=' + rng.choice(VALUES)).encode('latin-1')
    elif which == 4 and entries[at]:
        text = bytearray(entries[at])
        text[rng.randrange(len(text))] = rng.randrange(256)
        entries[at] = bytes(text)
    else:
        entries.insert(0, entries.pop(at))
    module.set_content('.modinfo', b'\0'.join(entries) + (b'\0' if rng.randrange(8) else b''))
    return f'.modinfo {was[:40]}: change {which}'


def info_added(rng, module):
    entry = f'{rng.choice(TAGS)}{rng.choice(("=", "=", "=", "=", "", " =", "=="))}{rng.choice(VALUES)}'
    if rng.randrange(3):
        module.set_info(entry)
        return f'.modinfo and {entry[:40]}'
    module.set_content('.modinfo', entry.encode('latin-1') + b'\0' + module.content('.modinfo'))
    return f'{entry[:40]} and .modinfo'


def version(rng, module):
    rows = module.content('__versions')
    if len(rows) < 64:
        return 'no versions'
    at = rng.randrange(len(rows) // 64) * 64
    row = bytearray(rows[at:at + 64])
    name = row[8:].split(b'\0')[0].decode('latin-1')
    which = rng.randrange(6)
    if which == 0:
        row[rng.randrange(8)] ^= 1 << rng.randrange(8)
    elif which == 1:
        row[8 + rng.randrange(56)] = rng.randrange(256)
    elif which == 2:
        row[8:] = b'a' * 56
    elif which == 3:
        row = bytearray()
    elif which == 4:
        row = bytearray(struct.pack('<Q', rng.randrange(1 << 32)) + row[8:]) + row
    else:
        row[8:] = bytes(56)
    module.set_content('__versions', rows[:at] + bytes(row) + rows[at + 64:])
    return f'__versions {name}: change {which}'


def parameter(rng, module):
    section = module.section('__param')
    at = section.offset + rng.randrange(max(1, section.size // 40)) * 40
    field, form = rng.choice(((24, 'H'), (26, 'B'), (27, 'B'), (28, 'I'), (0, 'Q'), (8, 'Q'), (16, 'Q'), (32, 'Q')))
    value = edge(rng, WIDTHS[form], struct.unpack_from('<' + form, module.data, at + field)[0])
    struct.pack_into('<' + form, module.data, at + field, value)
    return f'row {(at - section.offset) // 40} of __param: {field} = {value:#x}'


def structure(rng, module):
    section = module.section(THIS)
    at = rng.choice((0, 8, 16, 80, 184, 192, 200, 224, 264, 272, 296, 297, 298, 300, 304, 320, 400, 480, 504, 544, 600, 608, 616, 620, 800, 856)) \
        if rng.randrange(2) else rng.randrange(0, section.size, 4)
    struct.pack_into('<I', module.data, section.offset + at, rng.choice((1, 2, 3, 0x1000, 0xffffffff)))
    return f'module structure + {at}'


def structure_name(rng, module):
    name = rng.choice(cases.NAMES)
    module.set_name(name[:56])
    return f'name {name!r}'


def cut(rng, module):
    size = rng.choice((rng.randrange(len(module.data)), len(module.data) - rng.randrange(100)))
    del module.data[size:]
    return f'cut to {size}'


def signature_bytes(rng, module):
    data = module.data
    if data[-28:] != MARKER:
        tail = rng.choice((MARKER, bytes([0, 0, 2]) + bytes(8) + b'\1' + MARKER, rng.randbytes(12) + MARKER,
                           b'\x30\x80' + bytes([0, 0, 2]) + bytes(8) + b'\2' + MARKER))
        data += tail
        return f'{tail[:-28].hex()} and the marker appended'
    at = len(data) - 28 - 12 - struct.unpack_from('>I', data, len(data) - 32)[0]
    if not 0 < at < len(data) - 40:
        return 'a signature of no length'
    which = rng.randrange(3)
    place = rng.choice((rng.randrange(at, min(at + 130, len(data) - 40)), rng.randrange(at, len(data) - 28)))
    if which == 0:
        data[place] ^= 1 << rng.randrange(8)
    elif which == 1:
        data[place] = rng.choice((0, 1, 2, 3, 4, 5, 6, 0x30, 0x31, 0x80, 0x81, 0x82, 0xa0, 0xa1, 0xff))
    else:
        length = len(data) - 40 - at
        struct.pack_into('>I', data, len(data) - 32, (length + rng.choice((-100, -1, 1, 2, 12, 100))) % (1 << 32))
    return f'signature + {place - at}: change {which}, {data[place]:#x}'


def raw(rng, module):
    at = rng.randrange(len(module.data))
    module.data[at] ^= 1 << rng.randrange(8)
    return f'bit at {at:#x}'


CHANGES = {header: 4, ident: 1, section_field: 10, section_type: 4, section_flags: 6, section_zero: 1, section_renamed: 8, section_removed: 4,
           section_added: 5, table_added: 6, section_doubled: 4, sections_swapped: 2, section_bytes: 8, symbol_field: 6, symbol_place: 6, symbol_kind: 3,
           symbol_name: 4, symbol_added: 4, relocation: 10, relocation_added: 3, info_changed: 8, info_added: 6, version: 6, parameter: 2,
           structure: 4, structure_name: 1, cut: 1, signature_bytes: 3, raw: 2}
WORDS = ('number', 'flag', 'reversed', 'text', 'word', 'list', 'words', 'flags', 'bytes', 'wide', 'half', 'small', 'once', 'hex',
         'first_name', 'first-name', 'nosuch', 'dyndbg', 'async_probe', 'cparams.dyndbg', 'unsafe_number', '', '--', 'hardware', 'widest')
TEXTS = ('', '1', '0', '-1', 'y', 'N', '5', '300', 'x', '1,2', '1,2,3,4,5', 'a,b', ',', '"a b"', '"', "'1'", '0x10', '99999999999', 'on', '+p', 'z' * 30,
         '"file x.c +p"', 'func f =_', ' ', '1 ', '\t2', '=', 'a=b', '1\n', 'z' * 1030, '1"2', '"1', '1"', '\\"', '0b1', '00x1', '1,', '-0')


def line(rng):
    """Of parameters."""
    return rng.choice((' ', ' ', ' ', '  ', '\n')).join(
        rng.choice(('"{0}={1}"', '{0}', '{0}={1}', '{0}={1}', '{0}={1}', '{0}={1}', '{0}={1}', '{0} = {1}', '={0}', '{0}.{0}={1}')).format(
            rng.choice(WORDS), rng.choice(TEXTS)) for _ in range(rng.randrange(1, 4)))


def pick(rng, weighted):
    items = list(weighted)
    return rng.choices([item for item, _ in items], [weight for _, weight in items])[0]


def mutant(number, find, only=None, of=None):
    """only: these changes, one of them; of: this base."""
    rng = random.Random(number)
    base, before = pick(rng, [weighted for weighted in BASES if of in (None, weighted[0][0])])
    how = {}
    if base == 'cparams' or not rng.randrange(8):
        how['params'] = line(rng)
    if not rng.randrange(20):
        how['flags'] = rng.choice((1, 2, 3, 4, 5))
    elif not rng.randrange(20):
        how['method'] = 'init'
    if not rng.randrange(20):
        how['writes'] = cases.ENFORCE
        before = ()
    made, told = elf.Module(find(base)), []
    for _ in range(1 if only else rng.choice((1, 1, 1, 1, 1, 1, 2))):
        try:
            change = pick(rng, [weighted for weighted in CHANGES.items() if not only or weighted[0].__name__ in only])
            told.append(change(rng, made))
        except (LookupError, ValueError, OverflowError, struct.error, MemoryError, TypeError) as error:
            told.append(f'[{change.__name__}: {error!r}]')  # an earlier change made it impossible
    content = bytes(made.data)
    return Case(f'm{number}'.replace(' ', '-'), 'mutant', f'{base}: ' + '; '.join(told), lambda module: module.data.__setitem__(slice(None), content),
                base=base, before=before, **how)
