# SPDX-License-Identifier: GPL-2.0-only
"""Probes of devices that need no hardware."""
import struct

from steps import Inout, Out, probe

@probe
def snd_dummy(steps):
    steps.add('load', 'snd_dummy', '')
    for path in ('cards', 'card0/id', 'card0/pcm0p/info', 'devices', 'pcm'):
        steps.add('read', f'/proc/asound/{path}')
    control = steps.open('/dev/snd/controlC0')
    steps.sys('ioctl', control, 0x80045500, Out(4))  # SNDRV_CTL_IOCTL_PVERSION
    steps.sys('ioctl', control, 0x81785501, Out(376))  # SNDRV_CTL_IOCTL_CARD_INFO
    steps.close(control)
    steps.add('unload', 'snd_dummy')


@probe
def vivid(steps):
    steps.add('load', 'vivid', 'n_devs=1')
    video = steps.open('/dev/video0')
    steps.sys('ioctl', video, 0x80685600, Out(104))  # VIDIOC_QUERYCAP
    steps.sys('ioctl', video, 0xc0d05604, Inout(struct.pack('<I204x', 1)))  # VIDIOC_G_FMT
    steps.sys('read', video, bytes(4096), 4096)  # a picture shows the time: only how much of it
    steps.close(video)
    steps.add('unload', 'vivid')


@probe
def usb_gadget(steps):
    steps.add('load', 'dummy_hcd', '').add('sleep', 100).add('load', 'g_zero', '').add('sleep', 3000)
    for path in ('usb1/product', '1-1/product', '1-1/idVendor', '1-1/speed', '1-1/bNumConfigurations'):
        steps.add('read', f'/sys/bus/usb/devices/{path}')
    steps.add('unload', 'g_zero').add('sleep', 1000).add('unload', 'dummy_hcd')


@probe
def eeprom(steps):
    steps.add('load', 'i2c_stub', 'chip_addr=0x50').add('load', 'eeprom', '').add('load', 'at24', '')
    steps.add('write', '/sys/bus/i2c/devices/i2c-0/new_device', '24c02 0x50')
    steps.add('read', '/sys/bus/i2c/devices/0-0050/name')
    chip = steps.open('/sys/bus/i2c/devices/0-0050/eeprom')
    steps.sys('pwrite64', chip, b'kept', 4, 16)
    steps.sys('pread64', chip, Out(8), 8, 14)
    steps.close(chip)
    steps.add('write', '/sys/bus/i2c/devices/i2c-0/delete_device', '0x50')
    steps.add('unload', 'at24').add('unload', 'i2c_stub')
