# SPDX-License-Identifier: GPL-2.0-only
"""Probes of cameras: whole pictures, by read() and from buffers mapped into the task."""
import struct

from steps import Inout, Memory, Out, probe

QUERYCAP, G_FMT, S_FMT, S_CTRL = 0x80685600, 0xc0d05604, 0xc0d05605, 0xc008561c
REQBUFS, QUERYBUF, QBUF, DQBUF, STREAMON, STREAMOFF = \
    0xc0145608, 0xc0585609, 0xc058560f, 0xc0585611, 0x40045612, 0x40045613
VERSION = range(80, 84)  # in what QUERYCAP tells: that of the kernel
CAPTURE, IN_MEMORY_MAPS = 1, 1
WIDTH, HEIGHT, PAGES = 320, 180, 0xf000
OSD_TEXT_MODE, NO_TEXT = 0xf0f001, 2  # else a picture shows the time


def camera(steps):
    """Grey pictures without the time on them."""
    video = steps.open('/dev/video0')
    steps.sys('ioctl', video, S_FMT, Inout(
        struct.pack('<IIII4sI', CAPTURE, 0, WIDTH, HEIGHT, b'GREY', 1).ljust(208, b'\0')))
    steps.sys('ioctl', video, S_CTRL, struct.pack('<Ii', OSD_TEXT_MODE, NO_TEXT))
    return video


@probe
def vivid(steps):
    steps.add('load', 'vivid', 'n_devs=1')
    video = steps.open('/dev/video0')
    steps.sys('ioctl', video, QUERYCAP, Out(104, hidden=VERSION))
    steps.sys('ioctl', video, G_FMT, Inout(struct.pack('<I204x', CAPTURE)))
    steps.close(video)
    video = camera(steps)
    for _ in range(2):
        steps.sys('read', video, Out(WIDTH * HEIGHT), WIDTH * HEIGHT)
    steps.close(video)
    steps.add('unload', 'vivid')


@probe
def vivid_streams(steps):
    steps.add('load', 'vivid', 'n_devs=1')
    memory, video = Memory(steps), camera(steps)
    steps.sys('ioctl', video, REQBUFS, Inout(struct.pack('<III8x', 2, CAPTURE, IN_MEMORY_MAPS)))
    buffers = [struct.pack('<II52xI24x', number, CAPTURE, IN_MEMORY_MAPS) for number in range(2)]
    for number, buffer in enumerate(buffers):
        steps.sys('ioctl', video, QUERYBUF, Inout(buffer))
        steps.sys('mmap', memory.END + number * PAGES, PAGES, 1, 0x100011, video, number * PAGES)
        steps.sys('ioctl', video, QBUF, buffer)
    steps.sys('ioctl', video, STREAMON, struct.pack('<I', CAPTURE))
    for number, buffer in enumerate(buffers):
        steps.sys('ioctl', video, DQBUF, buffer)  # holds the time
        memory.show(memory.END + number * PAGES, WIDTH * HEIGHT)
    steps.sys('ioctl', video, STREAMOFF, struct.pack('<I', CAPTURE))
    for number in range(2):
        steps.sys('munmap', memory.END + number * PAGES, PAGES)
    steps.close(video)
    steps.add('unload', 'vivid')
