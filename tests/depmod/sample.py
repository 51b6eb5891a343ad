# SPDX-License-Identifier: GPL-2.0-only
"""Module files made by the assembler: what depmod looks at, and nothing else."""
import subprocess


def make(path, exports=(), imports=(), weak=(), infos=(), versions=None, ksymtab=()):
    """exports and versions: {name: crc}; infos: "key=value"; ksymtab: names without CRCs."""
    lines = ['.section .modinfo,"a"']
    for info in infos:
        lines.append('.byte ' + ','.join(str(byte) for byte in info.encode('latin-1') + b'\0'))
    for name, crc in dict(exports).items():
        lines += [f'.globl "__crc_{name}"', f'.set "__crc_{name}", {crc}']
    lines.append('.text')
    for name in imports:
        lines.append(f'.globl "{name}"\n.quad "{name}"')
    for name in weak:
        lines.append(f'.weak "{name}"\n.quad "{name}"')
    if versions:
        lines.append('.section __versions,"a"')
        for name, crc in versions.items():
            lines.append(f'.quad {crc}\n.ascii "{name}"\n.fill {56 - len(name)}')
    if ksymtab:
        lines.append('.section __ksymtab_strings,"a"')
        lines += [f'.asciz "{name}"' for name in ksymtab]
    subprocess.run(['as', '-o', path, '-'], input='\n'.join(lines) + '\n', text=True, check=True)
