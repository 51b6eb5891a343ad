# SPDX-License-Identifier: GPL-2.0-only
"""Names of modules and symbols, aliases: the usual ones, those that share beginnings, and odd ones."""
import random

FIRST = ('snd', 'usb', 'net', 'nf', 'ip6', 'dm', 'i2c', 'crc', 'x', 'hid')
SECOND = ('core', 'hda', 'storage', 'a', 'b', 'mirror', 'log', '32c', 'generic', 'dummy')
BUSES = ('pci:v0000{0:04X}d*sv*sd*bc*sc*i*', 'pci:v0000{0:04X}d0000{1:04X}sv*sd*bc*sc*i*', 'usb:v{0:04X}p{1:04X}d*dc*dsc*dp*ic*isc*ip*in*',
         'of:N*T*Cvendor,part-{1}', 'of:N*T*Cvendor,part-{1}C*', 'acpi*:VEN{1:04X}:*', 'hdaudio:v{0:08X}r*a01*', 'char-major-{1}-*', 'char-major-{1}-{0}',
         'block-major-{1}-*', 'net-pf-{1}', 'crypto-part{1}', 'fs-part{1}', 'i2c:part{1}', 'dmi:*:svn{0}[0-9a-f]*:pn?{1}*:', 'devname:part/{1}',
         'cpu:type:x86,ven*fam*mod*:feature:*{0:04X}*', 'x86cpu:[!a]-[0-9-]{1}', 'snd-card-{1}', 'symbol:part_{1}')
ODD = ('', '-', 'a', 'no[end', 'no]begin', 'a[b-c]-d', 'a[[b]', 'a[]b]', '[]', '*', '?', '**', 'a b', 'tab\tbed', 'x' * 300, 'a-_-b', '-]', '[-', 'a\\[b',
       'line\nbreak', '%s%n', '#no', '"quoted"', 'devname:', 'devname:x y', 'char-major-1-', 'char-major--1-2', 'char-major-99999999999-1', 'block-major-1-*x')


def some(rng: random.Random, most, function):
    return [function() for _ in range(rng.randrange(most + 1))]


def chance(rng, share):
    return rng.random() < share


def maybe_foreign(rng, word):
    """Rarely not ASCII: no index can be made then."""
    return word + '\xe9' if chance(rng, 0.002) else word


def module_name(rng, odd=0.0):
    if chance(rng, odd):
        return rng.choice(('a.b', 'sp ace', 'new\nline', '-', '_', 'x' * 200, '1st', maybe_foreign(rng, 'A'), '#c', 'a:b', 'A', '.dot', 'a-b_c-d', '"', '[x]', 'x*'))
    return rng.choice(FIRST) + rng.choice(('-', '_', '')) + rng.choice(SECOND) + (str(rng.randrange(4)) if chance(rng, 0.5) else '')


def alias(rng, odd=0.0, known=()):
    """known: aliases that exist, of which some get another end."""
    if chance(rng, odd):
        return maybe_foreign(rng, rng.choice(ODD))
    if known and chance(rng, 0.3):
        old = rng.choice(known)
        return old[:rng.randrange(len(old) + 1)] + rng.choice(('', '', 'x', '*', '-', '9', 'longer-end:*'))
    return rng.choice(BUSES).format(rng.choice((1, 2, 0x10, 0x1234, 0x8086, rng.randrange(1 << 16))), rng.randrange(30))


def symbol(rng, odd=0.0):
    if chance(rng, odd):
        return rng.choice(('.dotted', '_under', '__this_module', '_GLOBAL_OFFSET_TABLE_', 'TOC.', 'x' * 56, 'y' * 55, '__crc_x', '-dash', 'a b', 's' * 200, maybe_foreign(rng, 'f'),
                           'new\nline', '#', 'a[b'))
    return rng.choice(FIRST) + '_' + rng.choice(SECOND) + rng.choice(('', '_new', '_free', f'_{rng.randrange(9)}'))
