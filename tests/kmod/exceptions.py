# SPDX-License-Identifier: GPL-2.0-only
"""How to tell the differences from kmod 34 that are meant (docs/kmod.md, where all but two have their names)."""
import re

# Lines of messages that only one side has: {cause: (ours, theirs)}
MESSAGES = {
    # The indexes that depmod is about to write are no configuration of it.
    'own softdeps': (None, r'^libkmod: .*/modules\.(soft|weak)dep line \d+: ignoring bad line'),
    # What kmod's library says each time it tries to unpack a file; both say then that its symbols could not be loaded.
    'unpacking': (None, r'^\w+: ERROR: (xz|zstd|zlib): '),
    # kmod writes the addresses of its objects into this message.
    'a needed file that is gone': (r' needs .*, which is not there; run depmod$', r'ERROR: (kmod_module_parse_depline: )?ctx=0x.* path='),
    # What -v given twice says: of kmod its state and addresses in its memory.
    'said in other words': (r'^\w+: INFO: ', r'^\w+: INFO: '),
    'own words': (r'could not get (symbols|modversions) of /none.ko: |cannot open the directory /sys/module/.*/holders: ', r"FATAL: Module /none.ko not found|could not open '/sys/module/.*/holders': "),
    'a file named twice': (None, r'^depmod: ERROR: hash_add_unique '),
    'no modules dep yet': (None, r'^depmod: ERROR: could not fstatat\(.*modules\.dep\): No such file'),
    'relative external': (r'^depmod: ERROR: could not open directory /.*/relative: ', r'^depmod: ERROR: could not open directory relative: '),
}
# The error that kmod's library met last, whatever that was.
STALE = re.compile(r'(Invalid symbol version \S+): .*')


CAUSES = {*MESSAGES, 'stale error', 'not ascii', 'more is unpacked', 'kmod crashes'}


def dropped(lines, side, used):
    for line in lines:
        found = [name for name, patterns in MESSAGES.items() if patterns[side] and re.search(patterns[side], line)]
        used.update(found)
        if not found:
            short = STALE.sub(r'\1', line)
            used.update({'stale error'} if short != line else ())
            yield short


def messages_causes(ours, theirs):
    used = set()
    if list(dropped(ours.messages, 0, used)) == list(dropped(theirs.messages, 1, used)):
        return used
    if ours.status == theirs.status == 1 and all('ASCII' in ' '.join(answer.messages) for answer in (ours, theirs)):
        return {'not ascii'}
    return set()


def more_is_unpacked(ours, theirs):
    """kmod does not unpack zstd frames without a size of their content, or with something behind them. The kernel does, and so do we."""
    refused = [line for line in theirs.messages if 'failed to load symbols' in line and line not in ours.messages]
    return bool(refused) and all('.zst: Invalid argument' in line for line in refused)


def causes(ours, theirs, differences):
    """The causes that explain all differences; none: it is not meant."""
    if theirs.crashed and not ours.crashed:
        return {'kmod crashes'}
    if set(differences) == {'messages'} and messages_causes(ours, theirs):
        return messages_causes(ours, theirs)
    return {'more is unpacked'} if more_is_unpacked(ours, theirs) else set()
