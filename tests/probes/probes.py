# SPDX-License-Identifier: GPL-2.0-only
"""All probes by their names; each file has those of a subject, steps.py says what a probe is."""
import ciphers  # noqa: F401
import devices  # noqa: F401
import disks  # noqa: F401
import file_systems  # noqa: F401
import network  # noqa: F401
import netfilter  # noqa: F401
import own_tests  # noqa: F401
import self_tests  # noqa: F401
import tracing  # noqa: F401
import usb  # noqa: F401
import video  # noqa: F401
from steps import PROBES, modules_below, steps_of

__all__ = ['PROBES', 'modules_below', 'steps_of']
