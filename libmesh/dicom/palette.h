/* SPDX-License-Identifier: GPL-3.0-or-later */
/* palette.h: colours of PALETTE COLOR objects (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6); segmented tables are not read. */
#ifndef LM_DICOM_PALETTE_H
#define LM_DICOM_PALETTE_H

#include "dicom/tree.h"

/* Colour of a stored value by the Red, Green, Blue tables of root; values outside take the table's ends. False when there is no
 * usable table. */
bool lm_palette_rgb(const lm_tree_item *root, unsigned value, uint8_t rgb[3]);

#endif
