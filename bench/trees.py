# SPDX-License-Identifier: GPL-2.0-only
"""Module trees of Debian's kernels, packed in each way as the kernel's own "make modules_install" does; and a kmod 34
that unpacks all of them. Both are made once and kept in lkm's cache."""
import lzma
import os
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FETCH = os.path.join(TOP, 'tests/depmod/kmod34')
CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'lkm')
PACKERS = {'zst': ['zstd', '-q', '-3', '--rm'], 'gz': ['gzip', '-n', '-6'],
           'xz': ['xz', '--check=crc32', '--lzma2=dict=1MiB']}


def gzip_kmod():
    """The directory of kmod 34's tools with all compressions, or None: Debian's has no gzip, so its source is built."""
    built = os.path.join(CACHE, 'kmod34-gzip')
    if not os.path.exists(os.path.join(built, 'depmod')):
        source = subprocess.run([FETCH, '--source'], stdout=subprocess.PIPE, check=False).stdout.decode().strip()
        shutil.rmtree(built, ignore_errors=True)
        for command in (['meson', 'setup', '--buildtype=debugoptimized', '-Dzlib=enabled', '-Dmanpages=false', '-Ddocs=false',
                         '-Dbuild-tests=false', built, source], ['ninja', '-C', built]):
            if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
                print('kmod 34 with gzip cannot be built', file=sys.stderr)
                return None
    return built


def stock(release):
    """The base directory of a kernel in the cache."""
    return os.path.join(CACHE, 'kernels', release)


def _files(top, ending):
    return [os.path.join(place, name) for place, _, names in os.walk(top) for name in names if name.endswith(ending)]


def _unpack(modules):
    for path in _files(modules, '.ko.xz'):
        with open(path, 'rb') as file:
            data = lzma.decompress(file.read())
        with open(path[:-len('.xz')], 'wb') as file:
            file.write(data)
        os.unlink(path)


def packed(release, kind):
    """The base directory of a kernel's modules, packed: zst, gz or xz; or plain. Those that come with xz stay as they are."""
    if kind == 'xz' and _files(stock(release), '.ko.xz'):
        return stock(release)
    base = os.path.join(CACHE, 'packed', f'{release}-{kind}')
    if not os.path.isdir(base):
        modules = os.path.join(base + '.new', 'lib/modules', release)
        shutil.rmtree(base + '.new', ignore_errors=True)
        shutil.copytree(os.path.join(stock(release), 'lib/modules', release), modules, symlinks=True,
                        ignore=lambda top, names: [name for name in names if name in ('build', 'source')])
        _unpack(modules)
        if kind in PACKERS:
            subprocess.run(['xargs', '-0', '-n', '50', '-P', str(os.cpu_count()), *PACKERS[kind]],
                           input='\0'.join(_files(modules, '.ko')).encode(), check=True)
        os.rename(base + '.new', base)
    return base
