# SPDX-License-Identifier: GPL-2.0-only
"""Where lkm's tools differ from kmod 34's on purpose."""
import re


def only(names, *allowed):
    return set(names) <= set(allowed)


def without(lines, pattern):
    return [line for line in lines if not re.search(pattern, line)]


def own_softdeps(ours, theirs):
    """kmod reads the modules.softdep that it is about to write again as configuration, and complains of a line there."""
    return ours.messages == without(theirs.messages, r'^libkmod: .*/modules\.(soft|weak)dep line \d+: ignoring bad line')


def told_often(ours, theirs):
    """A packed file that cannot be unpacked is told once; kmod's library says so each time it tries."""
    pattern = r'^depmod: ERROR: (xz|zstd|zlib): |failed to load symbols|could not look at'
    return without(ours.messages, pattern) == without(theirs.messages, pattern)


def is_not_ascii(ours, theirs):
    """An index holds ASCII only: both refuse, in other words."""
    return ours.status == theirs.status == 1 and all('ASCII' in ' '.join(answer.messages) for answer in (ours, theirs))


def more_is_unpacked(ours, theirs):
    """kmod does not unpack zstd frames without a size of their content, or with something behind them. The kernel does, and so do we."""
    refused = [line for line in theirs.messages if 'failed to load symbols' in line and line not in ours.messages]
    return bool(refused) and all('.zst: Invalid argument' in line for line in refused)


MESSAGES = [own_softdeps, told_often, is_not_ascii]


def cause(ours, theirs, differences):
    """The name of the exception that explains all differences, or None."""
    if theirs.crashed and not ours.crashed:
        return 'kmod crashes'
    exceptions = MESSAGES + [more_is_unpacked] if only(differences, 'messages') else [more_is_unpacked]
    for exception in exceptions:
        if exception(ours, theirs):
            return exception.__name__
    return None
