/* SPDX-License-Identifier: GPL-2.0-only */
/* What exporter offers to other modules. */
#ifndef EXPORTER_H
#define EXPORTER_H

/* Adds a visitor; returns how many there are now. */
int exporter_visit(const char *visitor);

#endif
