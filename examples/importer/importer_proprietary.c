// SPDX-License-Identifier: GPL-2.0-only
/*
 * importer_proprietary - importer, when it says that its licence is another one.
 *
 * Only the licence string differs; the source stays under the one above. For such a module the
 * kernel behaves as if symbols exported with EXPORT_SYMBOL_GPL did not exist.
 */
#define IMPORTER_LICENSE "Proprietary"
#include "importer.c"
