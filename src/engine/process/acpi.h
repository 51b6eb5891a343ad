/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware that the kernel finds: ACPI of the "reduced hardware" kind, without any device. So
 * drivers of platform devices do what they do on a machine that has none of theirs, instead of what
 * they do where there is no ACPI at all.
 */
#ifndef LKM_ENGINE_PROCESS_ACPI_H
#define LKM_ENGINE_PROCESS_ACPI_H

#include <stddef.h>
#include <stdint.h>

/* Writes the tables into ACPI_TABLES_SIZE bytes of the kernel's memory at address (physical and
 * virtual). The root pointer (RSDP) is at address itself. */
enum { ACPI_TABLES_SIZE = 4096 };
void acpi_write_tables(uint64_t address);

#endif
