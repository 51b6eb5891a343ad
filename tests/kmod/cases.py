# SPDX-License-Identifier: GPL-2.0-only
"""Cases of a campaign: a case is made again from a seed, a kind and a number."""
import collections
import os
import random
import shutil
import tempfile

import exceptions
import indexes
import judge
import modinfo
import modprobe
import sequences
import trees

# A kind is a generator, given random numbers and a directory, of (what to know of a step, [(who says otherwise, ours, theirs)]).
KINDS = {'sequences': sequences.play, 'depmod': trees.play, 'modprobe': modprobe.play, 'modinfo': modinfo.play,
         'indexes': indexes.play}
MEMORY = '/dev/shm'


def place(number):
    """Where the files of a case are: in memory, since that is quicker; of some on the disk, where inode numbers come again."""
    return MEMORY if number % 8 and os.access(MEMORY, os.W_OK) else None


def differences(pairs, counts):
    """What differs without an exception: texts."""
    for name, ours, theirs in pairs:
        counts['comparisons'] += 1
        found = ours.differences(theirs)
        if ours.crashed:
            yield f'lkm, beside {name}: {ours.crashed}'
        elif found:
            cause = exceptions.cause(ours, theirs, found)
            if cause:
                counts[cause] += 1
            else:
                yield f'beside {name}:\n' + '\n'.join('  ' + judge.show(ours, theirs, what) for what in found[:4])


def play(seed, kind, number):
    """(counts, a text if something differs)"""
    work = tempfile.mkdtemp(prefix='lkm-campaign-', dir=place(number))
    counts = collections.Counter(cases=1)
    try:
        for what, pairs in KINDS[kind](random.Random(f'{seed} {kind} {number}'), work):
            counts['steps'] += 1
            found = list(differences(pairs, counts))
            if found:
                counts['different'] = 1
                return counts, f'{kind} {number}: {what[:600]}\n'.replace(work, '') + '\n'.join(found).replace(work, '')
        return counts, None
    finally:
        shutil.rmtree(work)
