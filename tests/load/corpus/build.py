# SPDX-License-Identifier: GPL-2.0-only
"""The files of the corpus: modules/ built for a release, stock modules, and the cases made from them.

Kept in the build directory: headers and compiler decide what the files are, so the built modules are
made again when a source changes.
"""
import fcntl
import lzma
import os
import shutil
import subprocess

import cases

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, 'modules')
BUILD = os.environ.get('LKM_BUILD') or os.path.join(HERE, '../../../build')
# What ld computes depends on where the modules are built, as __FILE__ does; cases show bytes of both.
BUILD_ID = '0x6c6b6d20636f72707573206275696c642069642e'
PLACE = '/usr/src/lkm/build/tests/load/corpus/release'
LKM = os.environ.get('LKM') or os.path.join(BUILD, 'lkm')


def kernel_path(release, *what):
    return subprocess.run([LKM, 'kernel', 'path', *what, release], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


def series(release):
    return '.'.join(release.split('.')[:2])


def expected_path(release):
    return os.path.join(HERE, f'expected-{series(release)}.jsonl')


def modules(release):
    """The directory of the modules, built for a release; built first when a source has changed."""
    target = os.path.join(BUILD, 'tests/load/corpus', release)
    os.makedirs(target, exist_ok=True)
    stamp = os.path.join(target, '.built')
    with open(os.path.join(target, '.lock'), 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        files = [os.path.join(SOURCE, name) for name in os.listdir(SOURCE)]
        if os.path.exists(stamp) and os.path.getmtime(stamp) > max(map(os.path.getmtime, files)):
            return target
        for name in files:
            shutil.copy(name, target)
        made = subprocess.run(['make', '-s', '-C', kernel_path(release, '--headers'), f'M={target}',
                               f'LDFLAGS_MODULE=--build-id={BUILD_ID}',
                               f'KCFLAGS=-ffile-prefix-map={target}={PLACE}', 'modules'],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if made.returncode:
            raise RuntimeError(made.stdout)
        built = [os.path.join(target, name) for name in os.listdir(target) if name.endswith('.ko')]
        subprocess.run(['strip', '--strip-debug', *built], check=True)
        open(stamp, 'w', encoding='ascii').close()
    return target


def unpacked(path):
    if os.path.exists(path):
        with open(path, 'rb') as file:
            return file.read()
    with lzma.open(path + '.xz') as file:
        return file.read()


class Corpus:
    """The cases for a release; file(name) is the path of a case, or of a module of modules/."""

    def __init__(self, release, directory):
        self.release, self.directory = release, directory
        self.built = modules(release)
        self.cases = cases.all_cases()
        self.bases = {}

    def base(self, name):
        if name not in self.bases:
            path = os.path.join(self.built, name + '.ko')
            if name.startswith('@'):
                path = os.path.join(kernel_path(self.release, '--modules'), name[1:])
            self.bases[name] = unpacked(path)
        return self.bases[name]

    def file(self, name):
        if name not in self.cases:
            return os.path.join(self.built, name + '.ko')
        path = os.path.join(self.directory, name + '.ko')
        if not os.path.exists(path):
            with open(path, 'wb') as file:
                file.write(self.cases[name].make(self.base))
        return path
