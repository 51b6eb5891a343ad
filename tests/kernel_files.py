# SPDX-License-Identifier: GPL-2.0-only
"""Where the files of a kernel are, and modules built for it from source."""
import fcntl
import os
import shutil
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('LKM_BUILD') or os.path.join(TOP, 'build')
LKM = os.environ.get('LKM') or os.path.join(BUILD, 'lkm')


def kernel_path(release, *what):
    """Of its image; what: '--modules' or '--headers'."""
    return subprocess.run([LKM, 'kernel', 'path', *what, release], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


def make_modules(headers, target, *arguments):
    made = subprocess.run(['make', '-s', '-C', headers, f'M={target}', *arguments, 'modules'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if made.returncode:
        raise RuntimeError(made.stdout)


def built(source, target, build):
    """The directory target, where build(target) has built the files of the directory source; it is built
    again when one of them has changed. Several tests may ask at the same time."""
    os.makedirs(target, exist_ok=True)
    stamp = os.path.join(target, '.built')
    with open(os.path.join(target, '.lock'), 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        files = [os.path.join(source, name) for name in os.listdir(source)]
        if not os.path.exists(stamp) or os.path.getmtime(stamp) <= max(map(os.path.getmtime, files)):
            for name in files:
                shutil.copy(name, target)
            build(target)
            open(stamp, 'w', encoding='ascii').close()
    return target
