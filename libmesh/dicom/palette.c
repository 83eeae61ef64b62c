/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/palette.h"
#include "base/bytes.h"

enum { T_DESCRIPTOR = 0x00281101, T_DATA = 0x00281201 };

bool lm_palette_rgb(const lm_tree_item *root, unsigned value, uint8_t rgb[3])
{
    for (unsigned c = 0; c < 3; c++) {
        double d[3]; /* entries (0: 65536), first value, bits of an entry */
        size_t n;
        if (lm_tree_numbers(root, T_DESCRIPTOR + c, d, 3) != 3) return false;
        const unsigned char *p = lm_tree_bytes(root, T_DATA + c, &n);
        size_t entries = d[0] > 0 ? (size_t)d[0] : 65536, at = value > d[1] ? value - (size_t)d[1] : 0;
        bool words = d[2] > 8 || n >= 2 * entries; /* entries of 8 bits may stand in words of their own */
        if (at >= entries) at = entries - 1;
        if (!p || n < entries * (words ? 2 : 1)) return false;
        rgb[c] = !words ? p[at] : d[2] > 8 ? (uint8_t)(lm_get16(p + 2 * at) >> 8) : (uint8_t)lm_get16(p + 2 * at);
    }
    return true;
}
