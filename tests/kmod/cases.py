# SPDX-License-Identifier: GPL-2.0-only
"""The cases of a campaign: each is a command in a tree that is made again from a seed, a kind and a number."""
import collections
import os
import random
import shutil
import tempfile

import depmod
import exceptions
import indexes
import judge
import modinfo
import modprobe
import sequences

# A kind is a generator, given random numbers and a directory, of (what to know of a step, [(who says otherwise, ours, theirs)]).
KINDS = {'sequences': sequences.play, 'depmod': depmod.play, 'modprobe': modprobe.play, 'modinfo': modinfo.play,
         'indexes': indexes.play}
MEMORY = '/dev/shm'


def place(number):
    """Where the files of a case are: in memory, since that is quicker; of some on the disk, where inode numbers come again."""
    return MEMORY if number % 8 and os.access(MEMORY, os.W_OK) else None


def differences(pairs, causes):
    """What differs without an exception: texts. causes: counts of the exceptions."""
    for name, ours, theirs in pairs:
        found = ours.differences(theirs)
        explained = exceptions.causes(ours, theirs, found) if found and not ours.crashed else set()
        causes.update(explained)
        if ours.crashed:
            yield f'lkm, beside {name}: {ours.crashed}'
        elif found and not explained:
            yield f'beside {name}:\n' + '\n'.join('  ' + judge.show(ours, theirs, what) for what in found[:4])


def play(seed, kind, number):
    """(commands compared, by whom they are judged; counts of exceptions; a text if something differs)"""
    work = tempfile.mkdtemp(prefix='lkm-campaign-', dir=place(number))
    judges, causes = collections.Counter(), collections.Counter()
    try:
        for what, pairs in KINDS[kind](random.Random(f'{seed} {kind} {number}'), work):
            judges.update(name for name, _, _ in pairs)
            found = list(differences(pairs, causes))
            if found:
                return judges, causes, f'{kind} {number}: {what[:600]}\n'.replace(work, '') + '\n'.join(found).replace(work, '')
        return judges, causes, None
    finally:
        shutil.rmtree(work)
