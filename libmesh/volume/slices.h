/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slices.h: a volume as a window of slices that moves along k: over samples in memory, or over a stream of which no more than
 * the window is kept. */
#ifndef LM_VOLUME_SLICES_H
#define LM_VOLUME_SLICES_H

#include "volume/volume.h"

/* Give the next slices, from the first on, to `to`. What is wrong with the stream as a whole is an error of the last slice. */
typedef lm_status (*lm_slices_read)(void *ctx, void *to, size_t slices, lm_err *err);

typedef struct {
    const lm_vol *vol;   /* size, type, geometry; samples only where read is NULL */
    lm_slices_read read; /* NULL: vol has the samples, the window is all of it */
    void *ctx;
    lm_vol win;   /* slices first .. first + win.n[2] - 1 of vol, with vol's geometry; none at the beginning */
    size_t first; /* slice of vol that win begins with */
    size_t room;  /* slices that win's memory holds; owned when read is given */
} lm_slices;

/* vol and ctx must outlive it. */
lm_slices lm_slices_of(const lm_vol *vol, lm_slices_read read, void *ctx);
/* Move the window to slices from .. to - 1 (at least): neither end goes back, to is at most vol's. Memory: as much as the widest
 * window needs. LM_ERANGE, LM_ENOMEM, and what read returns. */
LM_CHECKED lm_status lm_slices_move(lm_slices *s, size_t from, size_t to, lm_err *err);
void lm_slices_release(lm_slices *s);

#endif
