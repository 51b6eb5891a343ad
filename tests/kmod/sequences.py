# SPDX-License-Identifier: GPL-2.0-only
"""depmod again and again in a tree that changes between its runs: with what it has kept it writes what it writes with
--no-cache, and what kmod 34 writes.

A sequence is a tree and some thirty steps; a step is a few changes and the options of a run. Half of the sequences write
into the tree itself, as on a machine."""
import os
import shutil

from tree import Tree


def play(rng, work, steps=30):
    """A generator of (what to know of a step, [(who says otherwise, ours, theirs)])."""
    tree = Tree(rng, work)
    compared = os.path.join(work, 'compared')
    for number in range(steps):
        done, options = tree.step()
        if options == ['-A']:  # may do nothing: what it does is seen by the next run
            tree.run('lkm', tree.out, options)
            options = []
        kept = tree.run('lkm', tree.out, options)
        pairs = []
        for name, side, more in (('--no-cache', 'lkm', ['--no-cache']), ('kmod 34', '34', [])):
            other = tree.run(side, compared, [*options, *more])
            pairs.append((name, kept, other))
            shutil.rmtree(compared, ignore_errors=True)
        yield f'step {number}: {done}, options {options}', pairs
        tree.clear(kept, other)
