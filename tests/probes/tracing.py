# SPDX-License-Identifier: GPL-2.0-only
"""Probes of what looks into a module."""
from steps import probe


@probe
def kprobe(steps):
    steps.add('load', 'dummy', '')
    steps.add('write', '/sys/kernel/tracing/kprobe_events', 'p:probe dummy:dummy_xmit')
    steps.add('read', '/sys/kernel/tracing/kprobe_events')
    steps.add('write', '/sys/kernel/tracing/kprobe_events', '-:probe')
    steps.add('unload', 'dummy')


@probe
def ftrace(steps):
    steps.add('load', 'dummy', '')
    steps.add('write', '/sys/kernel/tracing/set_ftrace_filter', 'dummy_xmit')
    steps.add('read', '/sys/kernel/tracing/set_ftrace_filter')
    steps.add('unload', 'dummy')
