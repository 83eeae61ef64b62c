/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cielab.h: DICOM's recommended display colours (PS3.3 C.10.7.1.1: CIELab under D50, 16 bits each) as sRGB. */
#ifndef LM_DICOM_CIELAB_H
#define LM_DICOM_CIELAB_H

#include <stdint.h>

/* L* is 100 * lab[0] / 65535, a* and b* are 255 * lab[i] / 65535 - 128. Colours beyond sRGB are clipped per channel. By + - * /
 * only. */
void lm_cielab_rgb(const uint16_t lab[3], uint8_t rgb[3]);

#endif
