# SPDX-License-Identifier: GPL-2.0-only
"""modprobe on generated trees with generated modprobe.d: -c, -D, -R, -n -v, and what the options change of it."""
import os
import random
import re

import judge
import words
from tree import RELEASE, Tree
from words import chance

COMMANDS = ('alias', 'alias', 'alias', 'blacklist', 'options', 'options', 'install', 'remove', 'softdep', 'softdep', 'weakdep')
ODD_LINES = ('', ' ', '#', '# alias a b', 'include x', 'config x', 'nonsense a b', 'alias', 'alias a', 'blacklist', 'options', 'options a', 'install', 'install a',
             'remove a', 'softdep', 'softdep a', 'weakdep a', 'ALIAS a b', 'alias a[ b', 'alias b] a', 'blacklist [', '\\', 'alias \\', '\tblacklist\t\ta\t',
             'softdep a b c', 'softdep a pre:', 'softdep a pre: post:', 'softdep a post: b pre: c pre: d', 'options a x="a b" y=\'c d\'', 'options a "',
             'install a /bin/true $CMDLINE_OPTS', 'install a echo $CMDLINE_OPTS $CMDLINE_OPTS more', 'softdep  a  pre: b', 'weakdep  a  b', 'options - x=1')
BLANKS = (' ', ' ', ' ', ' ', '\t', '  ', ' \\\n', '\\\n ')
OPTIONS = (['-D'], ['-D'], ['-R'], ['-R'], ['-n', '-v'], ['-n', '-v'], ['-r', '-n', '-v'], ['-r', '-n'], ['-n'],
           ['-n', '-v', '--first-time'], ['-r', '-n', '-v', '--remove-holders'], ['-D', '-r'], ['-R', '-n', '-v'], ['-n', '-v', '-v'], ['-q', '-D'], ['-q', '-n', '-v'])
MORE = ([], [], [], ['-a'], ['-b'], ['-i'], ['-q'], ['-f'], ['-a', '-b'], ['-a', '-q'], ['--force-vermagic'], ['-w', '1'], ['-w', 'x'], ['--'])

# Its configuration has no weak dependencies; and words are no files.
NOT_IN_30 = {'-c'}


class Machine(Tree):
    """A tree with its indexes, and a modprobe.d."""

    def __init__(self, rng: random.Random, work):
        super().__init__(rng, work)
        for _ in range(rng.choice((0, 0, 1, 3))):
            self.copy()
        self.names = [os.path.basename(path).split('.')[0] for path in self.files()] + [words.module_name(rng) for _ in range(4)] + ['a', 'b']
        judge.run(rng.choice(('lkm', '34', '30')), 'depmod', '-b', self.base, '-C', self.config, RELEASE, XDG_CACHE_HOME=self.cache)
        for _ in range(rng.choice((0, 0, 0, 1))):  # modules that depmod knew
            self.remove()
        self.nicks = [words.alias(rng) for _ in range(4)] + ['nick', 'nick-name', 'p*', 'a']
        self.options = []
        for _ in range(rng.choice((1, 1, 1, 2))):
            self.options += ['-C', self.modprobe_d()]

    def name(self):
        """Of a module, most often; or a pattern."""
        name = self.rng.choice(self.names)
        return self.rng.choice((name, name, name, name.replace('_', '-'), name.replace('-', '_'), name[:2] + '*', '*' + name[1:], name[:-1] + '?', '*',
                                self.rng.choice(self.nicks)))

    def line(self):
        rng = self.rng
        if chance(rng, 0.15):
            return rng.choice(ODD_LINES)
        command = rng.choice(COMMANDS)
        parts = [command, rng.choice(self.nicks) if command == 'alias' else self.name()]
        if command == 'alias':
            parts.append(self.name())
        elif command == 'options':
            parts += rng.sample(['x=1', 'y="a b"', 'z', 'debug=0x10', 'name=a,b', "q='1 2'", '-', 'a\\b'], rng.randrange(1, 4))
        elif command in ('install', 'remove'):
            parts += [rng.choice(('/bin/true', 'echo', 'false;')), rng.choice(('', 'words', '$CMDLINE_OPTS', '"quoted words"', '; echo #'))]
        elif command == 'softdep':
            parts += ['pre:', self.name(), self.name()] if chance(rng, 0.6) else []
            parts += ['post:', self.name()] if chance(rng, 0.6) else []
        elif command == 'weakdep':
            parts += [self.name(), self.name()]
        blank = rng.choice(BLANKS)
        return blank.join(parts) + rng.choice(('', '', '', ' ', '\r', '\t', ' # comment'))

    def modprobe_d(self):
        top = os.path.join(self.work, f'modprobe.d{len(os.listdir(self.work))}')
        text = lambda: ''.join(self.line() + '\n' for _ in range(self.rng.randrange(8)))[:None if chance(self.rng, 0.8) else -1]  # noqa: E731
        if chance(self.rng, 0.6):
            self.write(top, text())
            return top
        os.makedirs(top)
        for name in self.rng.sample(('a.conf', 'b.conf', 'B.conf', '.c.conf', 'd', 'modules.softdep', 'zz.conf', 'modules.weakdep', 'm.conf'), self.rng.randrange(5)):
            self.write(os.path.join(top, name), text())
        return top

    def word(self):
        rng = self.rng
        kind = rng.randrange(6)
        if kind < 2:
            return self.name()
        if kind == 2:
            return rng.choice(self.nicks).replace('*', 'x')
        if kind == 3:
            alias = words.alias(rng, 0.1, self.known)
            return re.sub(r'\[!?(.)[^]]*\]', r'\1', alias).replace('*', rng.choice(('', '1', 'a-b'))).replace('?', 'q')
        if kind == 4:
            return 'symbol:' + words.symbol(rng) + '_l' + str(rng.randrange(4))
        return rng.choice(self.files() or ['/nowhere.ko']) if chance(rng, 0.5) else rng.choice(words.ODD).replace('\0', '')

    def question(self):
        rng = self.rng
        if chance(rng, 0.1):
            return ['-c', *rng.choice(([], ['-q'], ['-v']))]
        if chance(rng, 0.05):
            return [rng.choice(('--show-exports', '--show-modversions')), rng.choice(self.files() or ['/none.ko'])]
        asked = [*rng.choice(OPTIONS), *rng.choice(MORE)]
        return asked + ['--'] + [self.word() for _ in range(rng.choice((1, 1, 1, 2, 5)))] + rng.choice(([], [], ['p=1'], ['p=a b', 'q="x"']))

    def ask(self, side, question):
        answer = judge.run(side, 'modprobe', *self.options, '-d', self.base, '-S', RELEASE, *question)
        # kmod's library reads the configuration before it knows the tool's manners: under its own name, and in spite of -q.
        lines = [re.sub(r'^libkmod: ([A-Z]+): \w+: ', r'modprobe: \1: ', line) for line in answer.messages]
        answer.messages = [] if '-q' in question else lines
        return answer


def as_30(answer):
    """Its messages are of another version."""
    return judge.Answer(answer.status, answer.crashed, answer.out)


def play(rng, work):
    machine = Machine(rng, work)
    for number in range(12):
        question = machine.question()
        ours = machine.ask('lkm', question)
        pairs = [('kmod 34', ours, machine.ask('34', question))]
        if judge.HAS_30 and number % 3 == 0 and not set(question) & NOT_IN_30 and not any(word.startswith('/') for word in question):
            pairs.append(('kmod 30', as_30(ours), as_30(machine.ask('30', question))))
        yield f'{machine.options} {question}', pairs
