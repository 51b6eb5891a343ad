#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Builds the modules of modules.py for a kernel, from Debian's package with its source.

    tests/source/build.py RELEASE      prints the directory where they are, in lkm's cache

The package (150 MB) comes from where the kernel comes from; nothing is installed. What was built before
is not built again.
"""
import fcntl
import fnmatch
import getpass
import os
import re
import shutil
import subprocess
import sys
import tempfile

from modules import FOLDERS, FRAMEWORK, KUNIT, MODULES, TREE

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
LKM = os.environ.get('LKM') or os.path.join(TOP, 'build', 'lkm')
CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'lkm')
OWN = [os.path.join(HERE, name) for name in ('modules.py', 'kunit_outside.h', 'lkdtm_outside.h')]


def headers_of(release):
    found = subprocess.run([LKM, 'kernel', 'path', '--headers', release], stdout=subprocess.PIPE, text=True, check=False)
    if found.returncode:
        sys.exit(f'the headers of {release} are missing: lkm kernel fetch --headers linux-image-{release}')
    return found.stdout.strip()


def version_of(headers):
    """Of the package: "6.1.192-2"."""
    with open(os.path.join(headers, 'include/generated/package.h'), encoding='ascii') as file:
        return re.search(r'Debian ([^"]+)"', file.read())[1]


def apt_options(release):
    """To get packages from the suite that the kernel was fetched from (tools/kernels)."""
    with open(os.path.join(TOP, 'tools', 'kernels'), encoding='utf-8') as file:
        rows = [line.split() for line in file if not line.startswith('#')]
    suite = next(suite for pattern, suite, *_ in rows if fnmatch.fnmatchcase(release, pattern + '-*'))
    user = ['-o', f'APT::Sandbox::User={getpass.getuser()}']  # may write where it is told to
    lists = os.path.join(CACHE, 'apt-' + suite)
    if not os.path.isdir(lists):  # that of this machine
        return user
    return [*user, '-o', f'Dir::Etc::SourceList={lists}/sources.list', '-o', 'Dir::Etc::SourceParts=/dev/null',
            '-o', f'Dir::State::Lists={lists}/lists']


def unpack(release, version, target):
    """What TREE names, of the source."""
    with tempfile.TemporaryDirectory(dir=CACHE, prefix='source.') as work:
        series = '.'.join(release.split('.')[:2])
        package = f'linux-source-{series}'
        subprocess.run(['apt-get', '-q', *apt_options(release), 'download', f'{package}={version}'], cwd=work,
                       stdout=sys.stderr, check=True)
        deb = os.path.join(work, os.listdir(work)[0])
        tree = os.path.join(work, 'tree')
        os.mkdir(tree)
        members = ' '.join(f'linux-source-{series}/{name}' for name in TREE)
        subprocess.run(f'dpkg-deb --fsys-tarfile {deb} | tar -xO ./usr/src/{package}.tar.xz | '
                       f'tar -xJ -C {tree} --strip-components=1 {members}', shell=True, check=True)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(tree, target)


def kbuild(tree):
    """The text that builds all modules with one make."""
    def there(names):
        return [name for name in names if os.path.exists(os.path.join(tree, name + '.c'))]

    framework = there(f'lib/kunit/{name}' for name in FRAMEWORK)
    lines = ['obj-m += ' + ' '.join([*(f'{name}.o' for name in there(MODULES) + there(KUNIT)),
                                     *(f'{name}/' for name in FOLDERS), 'kunit.o']),
             'kunit-objs := ' + ' '.join(f'{name}.o' for name in framework),
             # The samples declare what they need not, and KUnit's code is not all used.
             'ccflags-y := -w',
             'subdir-ccflags-y := -include $(src)/lkdtm_outside.h']
    lines += [f'CFLAGS_{name}.o := -include {tree}/kunit_outside.h' for name in framework + there(KUNIT)]
    return '\n'.join(lines).replace('$(src)', tree) + '\n'


def make(headers, tree):
    for path in OWN:
        shutil.copy2(path, tree)
    with open(os.path.join(tree, 'Kbuild'), 'w', encoding='ascii') as file:
        file.write(kbuild(tree))
    # Types for BPF take a while, and are not looked at.
    line = ['make', '-s', '-j', str(os.cpu_count()), '-C', headers, f'M={tree}', 'CONFIG_DEBUG_INFO_BTF_MODULES=',
            *(f'{option}=m' for option in FOLDERS.values()), 'modules']
    with open(os.path.join(tree, 'log'), 'w', encoding='utf-8') as log:
        if subprocess.run(line, stdout=log, stderr=log, check=False).returncode:
            sys.exit(f'the modules cannot be built, see {log.name}')


def build(release):
    headers, tree = headers_of(release), os.path.join(CACHE, 'from-source', release)
    version = version_of(headers)
    os.makedirs(os.path.dirname(tree), exist_ok=True)
    with open(tree + '.lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, unpacked = os.path.join(tree, '.built'), os.path.join(tree, '.' + version)
        if not os.path.exists(unpacked):
            unpack(release, version, tree)
            open(unpacked, 'w', encoding='ascii').close()
        if not os.path.exists(stamp) or os.path.getmtime(stamp) < max(map(os.path.getmtime, OWN)):
            make(headers, tree)
            open(stamp, 'w', encoding='ascii').close()
    return tree


if __name__ == '__main__':
    print(build(sys.argv[1]))
