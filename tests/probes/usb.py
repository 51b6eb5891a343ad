# SPDX-License-Identifier: GPL-2.0-only
"""Probes of a USB device and its host, both in one kernel."""
import struct

from steps import AT_FDCWD, Memory, probe

CLAIM_INTERFACE, BULK, USB_IOCTL, USBTEST = 0x8004550f, 0xc0185502, 0xc0105512, 0xc01c5564
AT_REMOVEDIR = 0x200


GADGET = '/sys/kernel/config/usb_gadget/zero'


def plug_in(steps):
    """Gadget Zero, made of its functions: the module of that name is in no release."""
    for name in ('dummy_hcd', 'configfs', 'libcomposite', 'usb_f_ss_lb'):
        steps.add('load', name, '')
    steps.sys('mount', 'none', '/sys/kernel/config', 'configfs', 0, 0)
    for path in ('', '/strings/0x409', '/configs/c.1', '/functions/SourceSink.0'):
        steps.sys('mkdirat', AT_FDCWD, GADGET + path, 0o755)
    for path, text in (('idVendor', '0x0525'), ('idProduct', '0xa4a0'), ('strings/0x409/product', 'Gadget Zero'),
                       ('functions/SourceSink.0/pattern', '1')):
        steps.add('write', f'{GADGET}/{path}', text)
    steps.sys('symlinkat', f'{GADGET}/functions/SourceSink.0', AT_FDCWD, f'{GADGET}/configs/c.1/f')
    steps.add('write', f'{GADGET}/UDC', 'dummy_udc.0').add('sleep', 3000)


def unplug(steps):
    connected = steps.open(f'{GADGET}/UDC')
    steps.sys('write', connected, b'\n', 1)
    steps.close(connected)
    steps.add('sleep', 1000)
    steps.sys('unlinkat', AT_FDCWD, f'{GADGET}/configs/c.1/f', 0)
    for path in ('/functions/SourceSink.0', '/configs/c.1', '/strings/0x409', ''):
        steps.sys('unlinkat', AT_FDCWD, GADGET + path, AT_REMOVEDIR)
    steps.add('unload', 'usb_f_ss_lb').add('unload', 'dummy_hcd')


@probe
def usb_gadget(steps):
    """It takes and gives the remainders modulo 63."""
    plug_in(steps)
    for path in ('usb1/product', '1-1/product', '1-1/idVendor', '1-1/speed', '1-1/bNumConfigurations'):
        steps.add('read', f'/sys/bus/usb/devices/{path}')
    device, memory = steps.open('/dev/bus/usb/001/002'), Memory(steps)
    steps.sys('ioctl', device, CLAIM_INTERFACE, struct.pack('<I', 0))
    pattern, room = memory.put(bytes(i % 63 for i in range(512))), memory.room(1024)
    for endpoint, length, address in ((2, 512, pattern), (0x81, 1024, room), (0x85, 64, room)):
        steps.sys('ioctl', device, BULK, struct.pack('<IIIxxxxQ', endpoint, length, 1000, address))
    memory.show(room, 1024)
    steps.close(device)
    unplug(steps)


@probe
def usbtest(steps):
    """The tests of the host's side, of all kinds of transfers."""
    plug_in(steps)
    steps.add('load', 'usbtest', 'pattern=1').add('sleep', 1000)
    device, memory = steps.open('/dev/bus/usb/001/002'), Memory(steps)
    for test in (*range(11), 13, 14, 17, 18, 19, 20, 21, 24, 29, 99):
        asked = memory.put(struct.pack('<IIIIIii', test, 4, 1024, 512, 4, 0, 0))
        steps.sys('ioctl', device, USB_IOCTL, struct.pack('<iIQ', 0, USBTEST, asked))
    steps.close(device)
    steps.add('unload', 'usbtest')
    unplug(steps)
