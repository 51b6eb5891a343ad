# SPDX-License-Identifier: GPL-2.0-only
"""Probes of devices that need no hardware."""
import struct

from steps import AT_FDCWD, Inout, Memory, Out, PATTERN, probe

ELEM_READ, ELEM_WRITE = 0xc4c85512, 0xc4c85513
HW_PARAMS, PREPARE, DROP, WRITE_FRAMES, READ_FRAMES = 0xc2604111, 0x4140, 0x4143, 0x40184150, 0x80184151
COMEDI_INSN = 0x8028640c


@probe
def snd_dummy(steps):
    steps.add('load', 'snd_dummy', '')
    for path in ('cards', 'card0/id', 'card0/pcm0p/info', 'devices', 'pcm'):
        steps.add('read', f'/proc/asound/{path}')
    control = steps.open('/dev/snd/controlC0')
    steps.sys('ioctl', control, 0x80045500, Out(4))  # SNDRV_CTL_IOCTL_PVERSION
    steps.sys('ioctl', control, 0x81785501, Out(376))  # SNDRV_CTL_IOCTL_CARD_INFO
    for value in (20, 70, 1000):
        volume = struct.pack('<IIII44sI', 0, 2, 0, 0, b'Master Volume', 0) + bytes(8)
        steps.sys('ioctl', control, ELEM_WRITE, Inout((volume + struct.pack('<qq', value, 5)).ljust(1224, b'\0')))
        steps.sys('ioctl', control, ELEM_READ, Inout(volume.ljust(1224, b'\0')))
    steps.close(control)
    steps.add('unload', 'snd_dummy')


def any_mask():
    return b'\xff' * 32


def interval(low, high):
    return struct.pack('<III', low, high, 0)


@probe
def snd_dummy_plays(steps):
    """Half a second of 8,000 frames of 8 bits; what is recorded is silence."""
    steps.add('load', 'snd_dummy', 'fake_buffer=0')
    memory = Memory(steps)
    wanted = struct.pack('<I', 0) + any_mask() * 8 + interval(0, 0xffffffff) * 2 + interval(1, 1) + \
        interval(8000, 8000) + interval(0, 0xffffffff) * 17
    for path, transfer in (('/dev/snd/pcmC0D0p', WRITE_FRAMES), ('/dev/snd/pcmC0D0c', READ_FRAMES)):
        sound = steps.open(path)
        steps.sys('ioctl', sound, HW_PARAMS, Inout(wanted.ljust(608, b'\0')))
        steps.sys('ioctl', sound, PREPARE, 0)
        samples = memory.put(PATTERN)
        steps.sys('ioctl', sound, transfer, Inout(struct.pack('<qQQ', 0, samples, len(PATTERN))))
        memory.show(samples, len(PATTERN))
        steps.sys('ioctl', sound, DROP, 0)
        steps.close(sound)
    steps.add('unload', 'snd_dummy')


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


@probe
def gpio_sim(steps):
    """Lines that a file in configfs makes, set and read by the other side's files."""
    steps.needs('gpio_sim')
    steps.add('load', 'gpio_sim', '').add('load', 'configfs', '')
    steps.sys('mount', 'none', '/sys/kernel/config', 'configfs', 0, 0)
    top = '/sys/kernel/config/gpio-sim/probe'
    for path in (top, f'{top}/bank', f'{top}/bank/line1', f'{top}/bank/line2', f'{top}/bank/line2/hog'):
        steps.sys('mkdirat', AT_FDCWD, path, 0o755)
    for path, text in (('bank/num_lines', '4'), ('bank/line1/name', 'first'), ('bank/line2/hog/name', 'taken'),
                       ('bank/line2/hog/direction', 'output-high'), ('live', '1')):
        steps.add('write', f'{top}/{path}', text)
    for path in ('live', 'dev_name', 'bank/chip_name', 'bank/line1/name'):
        steps.add('read', f'{top}/{path}')
    chip = steps.open('/dev/gpiochip0')
    steps.sys('ioctl', chip, 0x8044b401, Out(68))  # GPIO_GET_CHIPINFO_IOCTL
    for line in range(5):
        steps.sys('ioctl', chip, 0xc100b405, Inout(struct.pack('<64xI188x', line)))  # GPIO_V2_GET_LINEINFO_IOCTL
    output_one = struct.pack('<QI20x', 8, 1) + struct.pack('<I4xQQ', 2, 1, 1).ljust(240, b'\0')
    request = struct.pack('<64I32s', *bytes(64), b'probe') + output_one + struct.pack('<II20xi', 1, 0, 0)
    steps.sys('ioctl', chip, 0xc250b407, request)  # GPIO_V2_GET_LINE_IOCTL
    lines = '/sys/devices/platform/gpio-sim.0/gpiochip0'
    for line in range(3):
        steps.add('read', f'{lines}/sim_gpio{line}/value').add('read', f'{lines}/sim_gpio{line}/pull')
    steps.add('write', f'{lines}/sim_gpio1/pull', 'pull-up').add('read', f'{lines}/sim_gpio1/value')
    steps.close(chip)
    steps.add('write', f'{top}/live', '0').add('read', f'{top}/live')


@probe
def comedi_test(steps):
    """What is put out can be read where the card measures."""
    steps.add('load', 'comedi_test', '')
    memory, card = Memory(steps), steps.open('/dev/comedi0')
    read, write, measure, put_out = 0x4000000, 0x8000001, 0, 1
    for channel, value in ((0, 1000), (1, 65535), (1, 65536), (9, 0)):
        sample = memory.put(struct.pack('<II', value, 4711))
        for kind, device, address in ((write, put_out, sample), (read, measure, sample + 4)):
            steps.sys('ioctl', card, COMEDI_INSN, struct.pack('<IIQII16x', kind, 1, address, device, channel))
        memory.show(sample, 8)
    steps.close(card)
    steps.add('unload', 'comedi_test')
