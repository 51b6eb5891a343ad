# SPDX-License-Identifier: GPL-2.0-only
"""Running the tools, ours and kmod's, on another "running kernel": a directory that stands for /proc, /sys
and /lib/modules (redirect.c)."""
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
KMOD34 = os.path.join(HERE, '../depmod/kmod34')
RELEASE = '6.1.0-test'


class Kernel:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix='lkm-host-')
        self.calls = os.path.join(self.root, 'calls')

    def write(self, path, text=''):
        path = os.path.join(self.root, path.lstrip('/'))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def module(self, name, size, references, holders=(), state='live', **attributes):
        """/sys/module/NAME, and the line of /proc/modules."""
        for attribute, value in {'coresize': size, 'refcnt': references, 'initstate': state, **attributes}.items():
            if value is not None:
                self.write(f'sys/module/{name}/{attribute}', f'{value}\n')
        os.makedirs(os.path.join(self.root, 'sys/module', name, 'holders'), exist_ok=True)
        for holder in holders:
            os.symlink(f'../../{holder}', os.path.join(self.root, 'sys/module', name, 'holders', holder))
        users = ''.join(holder + ',' for holder in holders) or '-'
        return f'{name} {size} {references} {users} {state.title()} 0x0000000000000000\n'

    def run(self, side, tool, *arguments, **environment):
        """(status, standard output, standard error); side: ours, 34 or 30"""
        command = {'ours': [os.environ['LKM'], tool], '34': [KMOD34, tool], '30': [tool]}[side]
        env = {**os.environ, 'LC_ALL': 'C', 'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin',
               'REDIRECT_ROOT': self.root, 'REDIRECT_RELEASE': RELEASE, 'REDIRECT_CALLS': self.calls,
               'LKM_PRELOAD': os.path.join(os.environ['LKM_BUILD'], 'tests/host/redirect.so'), **environment}
        # Only the tool itself is redirected, not the shell that starts kmod 34.
        if side == '34':
            env['KMOD34_PRELOAD'] = env['LKM_PRELOAD']
        else:
            env['LD_PRELOAD'] = env['LKM_PRELOAD']
        done = subprocess.run([*command, *arguments], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return done.returncode, done.stdout, done.stderr.decode(errors='replace')

    def close(self):
        shutil.rmtree(self.root)
