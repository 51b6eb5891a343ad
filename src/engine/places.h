/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where modules put things that no uevent tells of: procfs, sysctl, debugfs, bare kobjects.
 * NUL-terminated each, for engine_list_names(). An engine that keeps booted kernels looks at them
 * once before, so that the directory entries are there already.
 */
#ifndef LKM_ENGINE_PLACES_H
#define LKM_ENGINE_PLACES_H

static const char engine_places[] = "/proc\0"
				    "/proc/driver\0"
				    "/proc/fs\0"
				    "/proc/net\0"
				    "/proc/bus\0"
				    "/proc/scsi\0"
				    "/proc/sys\0"
				    "/proc/sys/dev\0"
				    "/proc/sys/fs\0"
				    "/proc/sys/net\0"
				    "/sys/fs\0"
				    "/sys/kernel\0"
				    "/sys/kernel/debug\0"
				    "/sys/firmware";

#endif
