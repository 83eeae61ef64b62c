/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/slices.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

lm_slices lm_slices_of(const lm_vol *vol, lm_slices_read read, void *ctx)
{
    lm_slices s = {.vol = vol, .read = read, .ctx = ctx, .win = *vol};
    s.win.parts = (lm_parts)LM_PARTS_INIT;
    if (!read) return s;
    s.win.data = NULL;
    s.win.n[2] = 0;
    return s;
}

/* Room for `slices`, contents kept. */
static lm_status slices_grow(lm_slices *s, size_t slices, lm_err *err)
{
    size_t samples;
    if (slices <= s->room) return LM_OK;
    if (!lm_mem_mul(s->vol->n[0], s->vol->n[1], &samples) || !lm_mem_mul(samples, lm_vol_type_size(s->vol->type), &samples))
        return lm_err_set(err, LM_ERANGE, NULL, "no slice has %zu x %zu samples", s->vol->n[0], s->vol->n[1]);
    void *now = lm_mem_alloc(slices, samples, err);
    if (!now) return LM_ENOMEM;
    if (s->win.n[2]) memcpy(now, s->win.data, s->win.n[2] * samples);
    free(s->win.data);
    s->win.data = now;
    s->room = slices;
    return LM_OK;
}

lm_status lm_slices_move(lm_slices *s, size_t from, size_t to, lm_err *err)
{
    if (!s->read) return LM_OK;
    const size_t bytes = s->vol->n[0] * s->vol->n[1] * lm_vol_type_size(s->vol->type), drop = from - s->first;
    const size_t have = s->win.n[2] - drop;
    if (drop && have) memmove(s->win.data, (char *)s->win.data + drop * bytes, have * bytes);
    s->first = from;
    s->win.n[2] = have;
    if (to <= from + have) return LM_OK;
    lm_status rc = slices_grow(s, to - from, err);
    if (!rc) rc = s->read(s->ctx, (char *)s->win.data + have * bytes, to - from - have, err);
    if (!rc) s->win.n[2] = to - from;
    return rc;
}

void lm_slices_release(lm_slices *s)
{
    if (s->read) free(s->win.data);
    s->win.data = NULL;
    s->win.n[2] = s->room = 0;
}
