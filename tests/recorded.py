# SPDX-License-Identifier: GPL-2.0-only
"""Answers of a real kernel that were recorded, compared with those of a kernel at hand.

    answers = recorded.Answers('6.1.0-56-amd64', release)
    answers.case('brd', problem)        problem: what differs, a text; or nothing
    answers.end()

Debian replaces a release by the next one of its series every few weeks, and nobody has asked that one. Most answers
hold for it, too; one that does not is skipped, with both releases in the reason, and GOAL of all must hold.
"""
import tap

GOAL = 0.9


class Answers:
    def __init__(self, recorded, release):
        self.recorded, self.release = recorded, release
        self.good = self.all = 0

    def case(self, name, problem):
        """Is there no problem?"""
        self.all += 1
        self.good += not problem
        if problem and self.recorded != self.release:
            tap.skip(name, f'{self.release} was not asked, and {self.recorded} did otherwise')
            tap.diagnostic(problem)
            return False
        return tap.case(name, not problem, problem)

    def equal(self, name, got, expected):
        return self.case(name, '' if got == expected else f'expected {expected!r}\ngot      {got!r}')

    def end(self):
        if self.recorded != self.release:
            tap.case(f'{self.release}: {self.good} of {self.all} as recorded of {self.recorded}',
                     self.good >= GOAL * self.all)
