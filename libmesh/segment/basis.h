/* SPDX-License-Identifier: GPL-3.0-or-later */
/* basis.h: what a sample is made of, from its values in several channels (spectral CT): linear decomposition in the image, with
 * the volumes of the materials summing to 1 (Liu, Yu, Primak, McCollough, Med. Phys. 36, 2009: three materials from two energies).
 * It rests on the basis that the user states: values of each pure material in each channel, and that values mix by volume. */
#ifndef LM_SEGMENT_BASIS_H
#define LM_SEGMENT_BASIS_H

#include "segment/channels.h"

enum { LM_BASIS_MAX = LM_CHANNELS_MAX + 1 };

typedef struct {
    size_t n, channels; /* materials, one more than channels */
    char name[LM_BASIS_MAX][LM_EXPR_NAME];
    double value[LM_BASIS_MAX][LM_CHANNELS_MAX];
} lm_basis;

/* "calcium=1300:850,iodine=900:400,tissue=55:50". LM_EUSAGE says what is wrong. */
LM_CHECKED lm_status lm_basis_parse(const char *text, lm_basis *out, lm_err *err);
/* The fraction of material m is w[m][0] x_0 + w[m][1] x_1 + ... + w[m][channels]: they sum to 1, and each channel is the sum of
 * fraction times value. LM_EUSAGE: a material is, nearly, a mixture of the others. */
LM_CHECKED lm_status lm_basis_solve(const lm_basis *b, double w[LM_BASIS_MAX][LM_BASIS_MAX], lm_err *err);
/* The materials take the place of the channels: v has the fractions of the first, float32, not cut to 0 .. 1. Memory: 4 bytes per
 * sample and material, beside the channels. LM_EUSAGE: there are not as many channels as the basis has values. LM_ERULE: NaN. */
LM_CHECKED lm_status lm_basis_apply(const lm_basis *b, lm_channels *c, lm_vol *v, int threads, lm_err *err);

#endif
