# SPDX-License-Identifier: GPL-2.0-only
"""The files of the corpus: modules/ built for a release, stock modules, and the cases made from them.

Kept in the build directory: headers and compiler decide what the files are, so the built modules are
made again when a source changes.
"""
import functools
import glob
import lzma
import os
import re
import subprocess
import sys

import btf_cases  # noqa: F401 - adds to cases
import cases
import elf

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../..'))
from kernel_files import built, kernel_path, make_modules  # noqa: E402

SOURCE = os.path.join(HERE, 'modules')
KMOD34 = os.path.join(HERE, '../../depmod/kmod34')
BUILD = os.environ.get('LKM_BUILD') or os.path.join(HERE, '../../../build')
# What ld computes depends on where the modules are built, as __FILE__ does; cases show bytes of both.
BUILD_ID = '0x6c6b6d20636f72707573206275696c642069642e'
PLACE = '/usr/src/lkm/build/tests/load/corpus/release'
# Also for a kernel that was built by a newer one, whose option for aligned functions gcc 12 has not.
COMPILER = ('CC=gcc-12', 'CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=')
WITHOUT_TYPES = 'CONFIG_DEBUG_INFO_BTF_MODULES='


def series(release):
    return '.'.join(release.split('.')[:2])


def expected_path(release):
    return os.path.join(HERE, f'expected-{series(release)}.jsonl')


def runs(tool):
    """Whether there is a tool, and the C library that it wants."""
    try:
        return b'GLIBC' not in subprocess.run([tool, '--help'], capture_output=True, check=False).stderr
    except OSError:
        return False


def newer_tools(release, headers, directory):
    """What make is told for headers of Debian 13 and later: where their tools do not run, to run them with the C library
    that kmod 34 has with it; and everywhere to leave out types, which would need a newer pahole than Debian 12's."""
    if not re.search(r'\+deb1[3-9]', release):
        return []
    tools = {'objtool': 'tools/objtool/objtool.real-x86', 'MODPOST': 'scripts/mod/modpost.real-lsb-64'}
    paths = {variable: os.path.join(headers, path) for variable, path in tools.items()}
    if not all(map(os.path.exists, paths.values())) or all(map(runs, paths.values())):
        return [WITHOUT_TYPES]
    library = subprocess.run([KMOD34, '--library'], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    for variable, path in paths.items():
        script = os.path.join(directory, variable)
        with open(script, 'w', encoding='utf-8') as file:
            print(f'#!/bin/sh\nexec {library}/ld-linux-x86-64.so.2 --library-path {library} {path} "$@"', file=file)
        os.chmod(script, 0o755)
    return [WITHOUT_TYPES, *(f'{variable}={os.path.join(directory, variable)}' for variable in paths)]


def linker():
    """What lies where in a module is the linker's business, and some answers tell of it."""
    return subprocess.run(['ld', '--version'], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]


def compile_modules(release, target):
    headers = kernel_path(release, '--headers')
    make_modules(headers, target, *COMPILER, *newer_tools(release, headers, target), f'LDFLAGS_MODULE=--build-id={BUILD_ID}',
                 f'KCFLAGS=-ffile-prefix-map={target}={PLACE}')
    subprocess.run(['strip', '--strip-debug', *glob.glob(f'{target}/*.ko')], check=True)


def modules(release):
    """The directory of the modules, built for a release; built first when a source has changed."""
    return built(SOURCE, os.path.join(BUILD, 'tests/load/corpus', release), functools.partial(compile_modules, release))


def stock_module(release, name):
    tree = kernel_path(release, '--modules')
    path, = glob.glob(f'{tree}/**/{name}.ko*', recursive=True)
    with (lzma.open if path.endswith('.xz') else open)(path, 'rb') as file:
        return file.read()


class Corpus:
    """The cases for a release; file(name) is the path of a case, or of a module of modules/.

    A kernel's modules may lack the section that a case is about: of symbols' versions, of types."""

    def __init__(self, release, directory):
        self.release, self.directory = release, directory
        self.built = modules(release)
        self.bases = {}
        self.cases = {}
        for name, case in cases.all_cases().items():
            if self.write(case):
                self.cases[name] = case

    def base(self, name):
        if name not in self.bases:
            if name.startswith('@'):
                self.bases[name] = stock_module(self.release, name[1:])
            else:
                with open(os.path.join(self.built, name + '.ko'), 'rb') as file:
                    self.bases[name] = file.read()
        return self.bases[name]

    def write(self, case):
        """Whether the case can be made: its file is there then."""
        if any(name in cases.all_cases() and name not in self.cases for name in case.before):
            return False
        try:
            content = case.make(self.base)
        except elf.Missing:
            return False
        with open(os.path.join(self.directory, case.name + '.ko'), 'wb') as file:
            file.write(content)
        return True

    def file(self, name):
        return os.path.join(self.directory if name in self.cases else self.built, name + '.ko')
