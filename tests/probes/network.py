# SPDX-License-Identifier: GPL-2.0-only
"""Probes of network devices and packet filters."""
import struct

from steps import Inout, O_NONBLOCK, O_RDWR, Out, probe


AF_PACKET, AF_NETLINK, SOCK_RAW, SOCK_DGRAM, ETH_P_ALL = 17, 16, 3, 2, 0x0300
RTM_NEWLINK, NLM_CREATE = 16, 0x605  # request, acknowledge, create, exclusive
IFF_UP = 1


def attribute(kind, data):
    return struct.pack('<HH', 4 + len(data), kind) + data + bytes(-len(data) % 4)


def message(kind, flags, body):
    return struct.pack('<IHHII', 16 + len(body), kind, flags, 1, 0) + body


def link(*attributes, flags=0):
    return struct.pack('<BxHiII', 0, 0, 0, flags, flags) + b''.join(attributes)


def name_is(name):
    return attribute(3, name.encode() + b'\0')


def kind_is(kind, data=b''):
    return attribute(18, attribute(1, kind.encode()) + (attribute(2, data) if data else b''))


def netlink_socket(steps, protocol):
    netlink = steps.sys('socket', AF_NETLINK, SOCK_RAW, protocol)
    steps.sys('bind', netlink, struct.pack('<HHII', AF_NETLINK, 0, 4242, 0), 12)
    return netlink


def tell(steps, netlink, text):
    """Sends a request; the acknowledgement holds its errno."""
    steps.sys('sendto', netlink, text, len(text), 0, 0, 0)
    steps.sys('recvfrom', netlink, Out(20), 20, 0x40, 0, 0)  # MSG_DONTWAIT


def set_up(steps, netlink, name, *attributes):
    tell(steps, netlink, message(RTM_NEWLINK, 5, link(name_is(name), *attributes, flags=IFF_UP)))


def packets_of(steps, interface):
    """A socket for the raw packets of an interface, whose index is the n-th; see bind()."""
    packets = steps.sys('socket', AF_PACKET, SOCK_RAW | 0o4000, ETH_P_ALL)
    steps.sys('bind', packets, struct.pack('<HHiHBB8x', AF_PACKET, ETH_P_ALL, interface, 0, 0, 0), 20)
    return packets


FRAME = bytes.fromhex('ffffffffffff0200000000010800') + b'hello from a probe' + bytes(40)


def keep_quiet(steps, device):
    """Else IPv6 asks after a random while whether somebody has its address."""
    steps.add('write', f'/proc/sys/net/ipv6/conf/{device}/disable_ipv6', '1')


def veth_pair(steps):
    """The devices left and right, whose packets come in by the other; gives the socket that made them."""
    steps.add('load', 'veth', '')
    netlink = netlink_socket(steps, 0)
    peer = attribute(1, link(name_is('right')))
    tell(steps, netlink, message(RTM_NEWLINK, NLM_CREATE, link(name_is('left'), kind_is('veth', peer))))
    for name in ('left', 'right'):
        keep_quiet(steps, name)
        set_up(steps, netlink, name)
    return netlink


@probe
def veth(steps):
    netlink = veth_pair(steps)
    steps.add('sleep', 200).add('read', '/sys/class/net/left/operstate').add('read', '/sys/class/net/right/ifindex')
    right, left = packets_of(steps, 2), packets_of(steps, 3)
    steps.sys('write', left, FRAME, len(FRAME))
    steps.sys('recvfrom', right, Out(128), 128, 0x40, 0, 0)
    steps.close(left, right, netlink)
    steps.add('sleep', 100).add('unload', 'veth')


@probe
def bridge(steps):
    steps.add('load', 'bridge', '').add('load', 'dummy', 'numdummies=1')
    netlink = netlink_socket(steps, 0)
    tell(steps, netlink, message(RTM_NEWLINK, NLM_CREATE, link(name_is('br0'), kind_is('bridge'))))
    steps.add('read', '/sys/class/net/br0/ifindex').add('read', '/sys/class/net/br0/bridge/stp_state')
    for name in ('br0', 'dummy0'):
        keep_quiet(steps, name)
    set_up(steps, netlink, 'br0')
    tell(steps, netlink, message(RTM_NEWLINK, 5, link(name_is('dummy0'), attribute(10, struct.pack('<I', 3)))))
    set_up(steps, netlink, 'dummy0')
    steps.add('sleep', 200).add('read', '/sys/class/net/dummy0/brport/state')
    bridge_side, dummy_side = packets_of(steps, 3), packets_of(steps, 2)
    steps.sys('write', bridge_side, FRAME, len(FRAME))
    steps.sys('recvfrom', dummy_side, Out(128), 128, 0x40, 0, 0)
    steps.close(bridge_side, dummy_side, netlink)
    steps.add('unload', 'dummy').add('sleep', 100).add('unload', 'bridge')


@probe
def tun(steps):
    steps.add('load', 'tun', '')
    device = steps.open('/dev/net/tun', O_RDWR | O_NONBLOCK)
    steps.sys('ioctl', device, 0x400454ca, Inout(struct.pack('<16sH22x', b'tap0', 0x1002)))  # TUNSETIFF
    steps.add('read', '/sys/class/net/tap0/tun_flags')
    netlink = netlink_socket(steps, 0)
    keep_quiet(steps, 'tap0')
    set_up(steps, netlink, 'tap0')
    packets = packets_of(steps, 2)
    steps.sys('write', packets, FRAME, len(FRAME))
    steps.sys('read', device, Out(128), 128)
    steps.sys('write', device, FRAME, len(FRAME))
    steps.add('read', '/sys/class/net/tap0/statistics/rx_packets')
    steps.close(packets, netlink, device)
    steps.add('sleep', 100).add('unload', 'tun')
