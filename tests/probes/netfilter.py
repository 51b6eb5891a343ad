# SPDX-License-Identifier: GPL-2.0-only
"""Probes of packet filters, on packets that come over a pair of veth devices."""
import struct

from network import SOCK_DGRAM, SOCK_RAW, attribute, message, netlink_socket, packets_of, tell, veth_pair, NLM_CREATE
from steps import Inout, Memory, O_NONBLOCK, Out, probe

AF_INET, RTM_NEWADDR, NESTED = 2, 20, 0x8000
HERE, THERE, PORT = bytes([10, 0, 0, 2]), bytes([10, 0, 0, 9]), 7777


# Packets -----------------------------------------------------------------------------------------

def checksum(header):
    total = sum(struct.unpack(f'>{len(header) // 2}H', header))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def datagram(text):
    """A frame to everybody, with a UDP datagram to HERE."""
    udp = struct.pack('>HHHH', 5555, PORT, 8 + len(text), 0) + text
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, THERE, HERE)
    ip = ip[:10] + struct.pack('>H', checksum(ip)) + ip[12:]
    return bytes.fromhex('ffffffffffff0200000000010800') + ip + udp


class Pair:
    """What is written to one device comes in by the other, which has the address HERE."""

    def __init__(self, steps):
        self.steps = steps
        netlink = veth_pair(steps)
        address = struct.pack('<BBBBI', AF_INET, 24, 0, 0, 2) + attribute(1, HERE) + attribute(2, HERE)
        tell(steps, netlink, message(RTM_NEWADDR, NLM_CREATE, address))
        steps.add('sleep', 200)
        self.left = packets_of(steps, 3)
        self.socket = steps.sys('socket', AF_INET, SOCK_DGRAM | O_NONBLOCK, 0)
        steps.sys('bind', self.socket, struct.pack('>2sH4s8x', b'\2\0', PORT, HERE), 16)
        steps.close(netlink)

    def send(self, text):
        """And look what the socket gets."""
        frame = datagram(text)
        self.steps.sys('write', self.left, frame, len(frame))
        self.steps.add('sleep', 100)
        self.steps.sys('recvfrom', self.socket, Out(64), 64, 0, 0, 0)

    def close(self):
        self.steps.close(self.left, self.socket)


# nf_tables ---------------------------------------------------------------------------------------

NEW_TABLE, DELETE_TABLE, NEW_CHAIN, NEW_RULE, GET_RULE = 0, 2, 3, 6, 7


def nft_message(kind, flags, family, body=b'', subsystem=10):
    return message(subsystem << 8 | kind, flags, struct.pack('>BBH', family, 0, 0) + body)


def nft_batch(*messages):
    edges = [struct.pack('<IHHII', 20, kind, 1, 0, 0) + struct.pack('>BBH', 0, 0, 10) for kind in (16, 17)]
    return edges[0] + b''.join(messages) + edges[1]


@probe
def nf_tables(steps):
    steps.add('load', 'nf_tables', '')
    netlink = netlink_socket(steps, 12)
    name = attribute(1, b'probe\0')
    tell(steps, netlink, nft_batch(nft_message(NEW_TABLE, 0x405, AF_INET, name)))
    tell(steps, netlink, nft_batch(nft_message(NEW_CHAIN, 0x405, AF_INET, name + attribute(3, b'chain\0'))))
    tell(steps, netlink, nft_batch(nft_message(NEW_TABLE, 0x605, AF_INET, name)))  # exists
    tell(steps, netlink, nft_batch(nft_message(DELETE_TABLE, 5, AF_INET, name)))
    tell(steps, netlink, nft_batch(nft_message(DELETE_TABLE, 5, AF_INET, name)))  # is gone
    steps.close(netlink)
    steps.add('sleep', 200).add('unload', 'nf_tables')


def nested(kind, *attributes):
    return attribute(kind | NESTED, b''.join(attributes))


def number(kind, value):
    return attribute(kind, struct.pack('>I', value))


def expression(name, *attributes):
    return nested(1, attribute(1, name.encode() + b'\0'), nested(2, *attributes))


@probe
def nft_rule(steps):
    """Datagrams are counted, then dropped."""
    steps.add('load', 'nf_tables', '')
    pair = Pair(steps)
    pair.send(b'nobody minds')
    netlink = netlink_socket(steps, 12)
    table = attribute(1, b'probe\0')
    hook = nested(4, number(1, 0), number(2, 0))  # prerouting
    protocol = expression('payload', number(1, 1), number(2, 1), number(3, 9), number(4, 1))
    is_udp = expression('cmp', number(1, 1), number(2, 0), nested(3, attribute(1, b'\x11')))
    drop = expression('immediate', number(1, 0), nested(2, nested(2, number(1, 0))))
    tell(steps, netlink, nft_batch(nft_message(NEW_TABLE, 0x405, AF_INET, table)))
    tell(steps, netlink, nft_batch(nft_message(
        NEW_CHAIN, 0x405, AF_INET, table + attribute(3, b'in\0') + hook + attribute(7, b'filter\0'))))
    for verdict in (b'', drop):
        tell(steps, netlink, nft_batch(nft_message(
            NEW_RULE, 0xc05, AF_INET, table + attribute(2, b'in\0') +
            nested(4, protocol, is_udp, expression('counter'), verdict))))
        pair.send(b'counted')
    rules = nft_message(GET_RULE, 0x301, AF_INET, table)
    steps.sys('sendto', netlink, rules, len(rules), 0, 0, 0)
    steps.sys('recvfrom', netlink, Out(1024), 1024, 0x40, 0, 0)
    tell(steps, netlink, nft_batch(nft_message(DELETE_TABLE, 5, AF_INET, table)))
    pair.send(b'nobody minds again')
    steps.close(netlink)
    pair.close()
    steps.add('sleep', 200).add('unload', 'nf_tables').add('unload', 'veth')


# iptables ----------------------------------------------------------------------------------------

REPLACE, GET_ENTRIES = 64, 65
ACCEPT, DROP = -2, -1


@probe
def iptables(steps):
    steps.add('load', 'iptable_filter', '').add('load', 'xt_state', '').add('load', 'xt_LOG', '')
    steps.add('read', '/proc/net/ip_tables_matches').add('read', '/proc/net/ip_tables_targets')
    table = steps.sys('socket', 2, SOCK_RAW, 255)
    steps.close(table)
    steps.add('unload', 'xt_LOG').add('unload', 'xt_state').add('unload', 'iptable_filter')


def target(name, data):
    return struct.pack('<H30s', 32 + len(data), name) + data


def entry(protocol, what):
    head = struct.pack('<80xHBB', protocol, 0, 0) + struct.pack('<IHHI', 0, 112, 112 + len(what), 0)
    return head + bytes(16) + what


def verdict(code):
    return target(b'', struct.pack('<ixxxx', code))


def filter_table(memory, *rules):
    """The request that gives the table "filter" rules for what comes in; counters of four old entries come back."""
    accept, error = entry(0, verdict(ACCEPT)), entry(0, target(b'ERROR', b'ERROR'.ljust(32, b'\0')))
    entries = [*rules, accept, accept, accept, error]
    before = sum(map(len, rules))
    hooks = struct.pack('<5I', 0, 0, before + len(accept), before + 2 * len(accept), 0)
    ends = struct.pack('<5I', 0, before, before + len(accept), before + 2 * len(accept), 0)
    blob = b''.join(entries)
    return struct.pack('<32sIII', b'filter', 0xe, len(entries), len(blob)) + hooks + ends + \
        struct.pack('<IQ', 4, memory.room(64)) + blob


@probe
def iptables_rule(steps):
    """Datagrams are logged, then dropped."""
    steps.needs('iptable_filter')
    for name in ('iptable_filter', 'xt_LOG', 'nf_log_syslog'):
        steps.add('load', name, '')
    pair, memory = Pair(steps), Memory(steps)
    pair.send(b'nobody minds')
    table = steps.sys('socket', AF_INET, SOCK_RAW, 255)
    log = entry(17, target(b'LOG', struct.pack('<BB30s', 6, 0, b'seen: ')))
    request = filter_table(memory, log, entry(17, verdict(DROP)))
    steps.sys('setsockopt', table, 0, REPLACE, request, len(request))
    pair.send(b'dropped')
    size = len(request) - 96
    steps.sys('getsockopt', table, 0, GET_ENTRIES, Inout(struct.pack('<32sI4x', b'filter', size) + bytes(size)),
              Inout(struct.pack('<I', 40 + size)))
    steps.close(table)
    pair.close()
    steps.add('unload', 'xt_LOG').add('unload', 'iptable_filter').add('sleep', 200).add('unload', 'veth')
