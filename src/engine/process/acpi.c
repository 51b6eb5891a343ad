/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI 6: the root pointer leads to the XSDT, that to the FADT, that to a DSDT without content.
 * Every table begins with a header of 36 bytes and adds up to 0.
 */
#include "engine/process/acpi.h"

#include <string.h>

struct table_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));

struct root_pointer {
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} __attribute__((packed));

enum {
	XSDT_OFFSET = 64,
	FADT_OFFSET = 256,
	FADT_LENGTH = 276,
	DSDT_OFFSET = 1024,
	/* Offsets in the FADT. */
	FADT_DSDT = 40,
	FADT_FLAGS = 112,
	FADT_X_DSDT = 140,
	/* No fixed power and sleep buttons, caches work, no ports of the old kind. */
	FADT_WBINVD = 1 << 0,
	FADT_NO_POWER_BUTTON = 1 << 4,
	FADT_NO_SLEEP_BUTTON = 1 << 5,
	FADT_REDUCED_HARDWARE = 1 << 20,
};

static uint8_t checksum(const void *bytes, size_t length)
{
	const uint8_t *p = bytes;
	uint8_t sum = 0;

	while (length--)
		sum = (uint8_t)(sum + *p++);
	return (uint8_t)-sum;
}

/* Last, when the table is complete behind its header. */
static void finish(struct table_header *table, const char *signature, uint8_t revision,
		   uint32_t length)
{
	memcpy(table->signature, signature, 4);
	table->length = length;
	table->revision = revision;
	memcpy(table->oem, "LKM   ", 6);
	memcpy(table->oem_table, "PROCESS ", 8);
	table->oem_revision = 1;
	memcpy(table->creator, "LKM ", 4);
	table->creator_revision = 1;
	table->checksum = 0;
	table->checksum = checksum(table, length);
}

static void write_root_pointer(uint64_t address)
{
	struct root_pointer *root = (void *)address;

	memcpy(root->signature, "RSD PTR ", 8);
	memcpy(root->oem, "LKM   ", 6);
	root->revision = 2;
	root->length = sizeof(*root);
	root->xsdt = address + XSDT_OFFSET;
	root->checksum = checksum(root, 20);
	root->extended_checksum = checksum(root, sizeof(*root));
}

static void put32(uint64_t at, uint32_t value)
{
	memcpy((void *)at, &value, sizeof(value));
}

static void put64(uint64_t at, uint64_t value)
{
	memcpy((void *)at, &value, sizeof(value));
}

void acpi_write_tables(uint64_t address)
{
	uint64_t fadt = address + FADT_OFFSET, dsdt = address + DSDT_OFFSET;

	memset((void *)address, 0, ACPI_TABLES_SIZE);
	finish((void *)dsdt, "DSDT", 2, sizeof(struct table_header));
	put32(fadt + FADT_DSDT, (uint32_t)dsdt);
	put32(fadt + FADT_FLAGS,
	      FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON | FADT_REDUCED_HARDWARE);
	put64(fadt + FADT_X_DSDT, dsdt);
	finish((void *)fadt, "FACP", 6, FADT_LENGTH);
	put64(address + XSDT_OFFSET + sizeof(struct table_header), fadt);
	finish((void *)(address + XSDT_OFFSET), "XSDT", 1, sizeof(struct table_header) + 8);
	write_root_pointer(address);
}
