# SPDX-License-Identifier: GPL-2.0-only
"""What the checks of the source tree share: its files, and the proof that a check can fail.

A check is a function from a directory and the paths below it to a list of complaints.
"""
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, 'tests'))
import tap  # noqa: E402


def files():
    """The paths of the tree that git knows or would take."""
    answer = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '-z', '--cached',
                             '--others', '--exclude-standard'],
                            cwd=TOP, stdout=subprocess.PIPE, check=True)
    paths = answer.stdout.decode().split('\0')
    return sorted({path for path in paths if os.path.isfile(os.path.join(TOP, path))})


def read(top, path):
    with open(os.path.join(top, path), encoding='utf-8', errors='replace') as file:
        return file.read()


def check(name, function, paths, bad, good):
    """One case for the tree, one for each sample {path: text} that is bad, one for the good."""
    complaints = function(TOP, paths)
    tap.case(f'{name}: {len(paths)} files', paths and not complaints, '\n'.join(complaints))
    for title, sample in bad.items():
        tap.case(f'{name}: complains about {title}', on_sample(function, sample))
    complaints = on_sample(function, good)
    tap.case(f'{name}: accepts a good sample', not complaints, '\n'.join(complaints))


def on_sample(function, sample):
    with tempfile.TemporaryDirectory() as top:
        for path, text in sample.items():
            os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
            with open(os.path.join(top, path), 'w', encoding='utf-8') as file:
                file.write(text)
        return function(top, sorted(sample))
