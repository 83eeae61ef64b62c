/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/probmap.h"
#include "base/mem.h"
#include "stream/volfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lm_status lm_probmap_check(const lm_vol *v, lm_err *err)
{
    for (size_t at = 0, all = lm_vol_count(v); at < all; at++) {
        const double p = lm_vol_at(v, at);
        if (!(p >= 0 && p <= 1))
            return lm_err_set(err, LM_ERULE, NULL, "sample %zu,%zu,%zu is %g: a probability is from 0 to 1", at % v->n[0],
                              at / v->n[0] % v->n[1], at / v->n[0] / v->n[1], p);
    }
    return LM_OK;
}

/* Which axis of `from` axis a of `to` runs along, how, and where it begins; false: no sample for sample. */
static bool probmap_axes(const lm_vol *from, const lm_vol *to, size_t axis[3], bool back[3])
{
    double inv[3][3], at[3];
    bool used[3] = {false, false, false};
    lm_vol_inverse(from, inv);
    for (int b = 0; b < 3; b++) {
        at[b] = 0;
        for (int c = 0; c < 3; c++) at[b] += inv[b][c] * (to->origin[c] - from->origin[c]);
    }
    for (size_t a = 0; a < 3; a++) {
        size_t hit = 3;
        for (size_t b = 0; b < 3; b++) {
            double step = 0;
            for (int c = 0; c < 3; c++) step += inv[b][c] * to->dir[a][c];
            const double whole = floor(step + 0.5);
            if (fabs(step - whole) * (double)to->n[a] > 1e-3) return false;
            if (whole == 0) continue;
            if (fabs(whole) != 1 || hit < 3 || used[b]) return false;
            hit = b;
            back[a] = whole < 0;
        }
        if (hit == 3 || from->n[hit] != to->n[a]) return false;
        if (fabs(at[hit] - (back[a] ? (double)(to->n[a] - 1) : 0)) > 1e-3) return false;
        used[hit] = true;
        axis[a] = hit;
    }
    return true;
}

static lm_status probmap_turn(lm_vol *v, const lm_vol *to, const size_t axis[3], const bool back[3], lm_err *err)
{
    const size_t size = lm_vol_type_size(v->type), stride[3] = {1, v->n[0], v->n[0] * v->n[1]};
    unsigned char *was = v->data, *now = lm_mem_alloc(lm_vol_count(v), size, err), *next = now;
    if (!now) return LM_ENOMEM;
    for (size_t k = 0; k < to->n[2]; k++)
        for (size_t j = 0; j < to->n[1]; j++)
            for (size_t i = 0; i < to->n[0]; i++, next += size) {
                const size_t place[3] = {i, j, k};
                size_t at = 0;
                for (int a = 0; a < 3; a++) at += stride[axis[a]] * (back[a] ? to->n[a] - 1 - place[a] : place[a]);
                memcpy(next, was + at * size, size);
            }
    lm_vol_replace(v, v->type, now);
    return LM_OK;
}

lm_status lm_probmap_place(lm_vol *v, const lm_vol *to, lm_err *err)
{
    size_t axis[3];
    bool back[3];
    if (!probmap_axes(v, to, axis, back))
        return lm_err_set(
            err, LM_ERULE, NULL,
            "it is on another grid: %zux%zux%zu samples of %.4g x %.4g x %.4g mm, not %zux%zux%zu of %.4g x %.4g x %.4g mm "
            "in the same place; resample it there first",
            v->n[0], v->n[1], v->n[2], lm_vol_spacing(v, 0), lm_vol_spacing(v, 1), lm_vol_spacing(v, 2), to->n[0], to->n[1],
            to->n[2], lm_vol_spacing(to, 0), lm_vol_spacing(to, 1), lm_vol_spacing(to, 2));
    lm_status rc = LM_OK;
    if (axis[0] != 0 || axis[1] != 1 || back[0] || back[1] || back[2]) rc = probmap_turn(v, to, axis, back, err);
    memcpy(v->n, to->n, sizeof v->n);
    memcpy(v->dir, to->dir, sizeof v->dir);
    memcpy(v->origin, to->origin, sizeof v->origin);
    return rc;
}

lm_status lm_probmap_read(const char *path, const char *axes, const lm_vol *to, lm_vol *out, char sha256[LM_SHA256_HEX],
                          lm_err *err)
{
    lm_in *in = NULL;
    lm_hash_sha256 sha;
    lm_records *rec = lm_mem_calloc(1, sizeof *rec, err);
    lm_vol_release(out);
    lm_hash_sha256_init(&sha);
    lm_status rc = rec ? lm_io_open(path, &in, err) : LM_ENOMEM;
    if (!rc) lm_io_hash(in, &sha);
    if (!rc) rc = lm_volfile_read(in, axes, out, rec, err);
    if (!rc && out->image) rc = lm_err_set(err, LM_ERULE, NULL, "this is an image, not a volume");
    if (!rc) rc = lm_probmap_check(out, err);
    if (!rc) rc = lm_probmap_place(out, to, err);
    if (!rc) lm_hash_sha256_hex(&sha, sha256);
    if (rc) lm_err_frame(err, "probability map '%s'", in ? lm_io_name(in) : path);
    lm_io_close(in);
    if (rec) lm_record_release(rec);
    free(rec);
    if (rc) lm_vol_release(out);
    return rc;
}
