/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/steps.h"
#include "base/pool.h"
#include "segment/step_channel.h"
#include "segment/step_combine.h"
#include "segment/step_edit.h"
#include "segment/step_grey.h"
#include "segment/step_markers.h"
#include "segment/step_object.h"
#include "segment/step_region.h"
#include "segment/step_snake.h"
#include "segment/step_tissue.h"
#include "volume/histogram.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const lm_step_kind *const steps_tables[] = {lm_step_grey, lm_step_object,  lm_step_region,  lm_step_snake, lm_step_combine,
                                                   lm_step_edit, lm_step_channel, lm_step_markers, lm_step_tissue};

const lm_step_kind *lm_steps_kind(size_t i)
{
    for (size_t t = 0; t < sizeof steps_tables / sizeof *steps_tables; t++)
        for (const lm_step_kind *k = steps_tables[t]; k->name; k++)
            if (!i--) return k;
    return NULL;
}

lm_status lm_steps_add(lm_steps *s, const char *name, const char *args, lm_err *err)
{
    const lm_step_kind *k = NULL;
    size_t i = 0;
    while ((k = lm_steps_kind(i)) && strcmp(k->name, name)) i++;
    if (!k) return lm_err_set(err, LM_EUSAGE, NULL, "there is no step '%.40s'", name);
    if (s->n == LM_STEPS_MAX) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d steps", (int)LM_STEPS_MAX);
    lm_step *step = &s->step[s->n];
    *step = (lm_step){.kind = k};
    lm_status rc = k->parse(step, args, err);
    if (rc) return lm_err_frame(err, "--%s", name);
    s->n++;
    return LM_OK;
}

lm_status lm_steps_check(const lm_steps *s, bool mask, lm_err *err)
{
    bool object = mask;
    const char *maker = "--mask";
    for (size_t i = 0; i < s->n; i++) {
        const lm_step_kind *k = s->step[i].kind;
        if (k->grey && object && !s->step[i].object)
            return lm_err_set(err, LM_EUSAGE, NULL, "--%s changes grey values: it must stand before %s", k->name, maker);
        if (!k->grey && !k->makes && !object)
            return lm_err_set(err, LM_EUSAGE, NULL,
                              "--%s changes an object: a step that makes one must stand before it, such as --threshold", k->name);
        object |= k->makes;
        if (k->makes) maker = "the step that makes the object";
    }
    return LM_OK;
}

bool lm_steps_make(const lm_steps *s)
{
    bool make = false;
    for (size_t i = 0; i < s->n; i++) make = make || s->step[i].kind->makes;
    return make;
}

bool lm_steps_beyond(const lm_steps *s)
{
    size_t i = 0;
    if (i < s->n && !strcmp(s->step[i].kind->name, "threshold") && !(s->step[i].num[2] > 0)) i++;
    if (i < s->n && !strcmp(s->step[i].kind->name, "keep")) i++;
    return i < s->n;
}

const lm_step *lm_steps_find(const lm_steps *s, const char *name)
{
    for (size_t i = s->n; i-- > 0;)
        if (!strcmp(s->step[i].kind->name, name)) return &s->step[i];
    return NULL;
}

static lm_status steps_roi_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const lm_step_work *w = ctx;
    (void)worker, (void)err;
    for (size_t j = 0; j < w->bits.n[1]; j++) {
        uint64_t *row = lm_bits_row(&w->bits, j, k);
        for (size_t x = 0; x < w->bits.words; x++)
            for (uint64_t left = row[x]; left; left &= left - 1) {
                const int bit = __builtin_ctzll(left);
                double xyz[3];
                lm_vol_to_world(w->vol, (double[3]){(double)(x * 64 + (size_t)bit), (double)j, (double)k}, xyz);
                if (!lm_roi_inside(w->roi, xyz)) row[x] &= ~((uint64_t)1 << bit);
            }
    }
    return LM_OK;
}

static lm_status steps_roi(lm_step_work *w, lm_err *err)
{
    if (!w->roi || !w->roi->n) return LM_OK;
    const uint64_t before = lm_bits_count(&w->bits);
    lm_status rc = lm_pool_run(w->threads, w->bits.n[2], steps_roi_slice, w, err);
    w->roi_cut = before - lm_bits_count(&w->bits);
    return rc;
}

/* A filter of grey values, on all channels; its facts are those of the first. */
static lm_status steps_channels(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_vol *first = w->vol;
    const bool object = w->object;
    lm_status rc = s->kind->run(s, w, f, err);
    for (size_t i = 0; s->kind->grey && !s->channels && i < w->channels->n && !rc; i++) {
        lm_step_facts other = {.n = 0};
        w->object = false; /* it has been changed already */
        w->vol = &w->channels->item[i].vol;
        if ((rc = s->kind->run(s, w, &other, err))) lm_err_frame(err, "channel '%s'", w->channels->item[i].name);
    }
    w->vol = first;
    w->object = object;
    return rc;
}

static lm_status steps_nothing(const lm_vol *v, lm_err *err)
{
    double lo, hi;
    char text[256];
    lm_histogram h = LM_HISTOGRAM_INIT;
    lm_status rc = lm_vol_range(v, &lo, &hi, err); /* NaN has no place in a histogram */
    if (rc) return rc;
    lm_histogram_add(&h, v, 0, lm_vol_count(v));
    lm_histogram_text(&h, text, sizeof text);
    return lm_err_set(err, LM_ENO, NULL, "nothing is inside; values %s", text);
}

static lm_status steps_one(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    *f = (lm_step_facts){.before = w->object ? lm_bits_count(&w->bits) : 0};
    lm_status rc =
        s->kind->makes && !w->object ? lm_bits_alloc(&w->bits, w->vol->n, err) : LM_OK; /* a filter may have changed the grid */
    if (!rc) rc = steps_channels(s, w, f, err);
    if (rc) return rc;
    if (!w->object && s->kind->makes) {
        w->object = true;
        if ((rc = steps_roi(w, err))) return rc;
    }
    if (!w->object) return LM_OK;
    f->after = lm_bits_count(&w->bits);
    if (f->after) return LM_OK;
    return f->before ? lm_err_set(err, LM_ENO, NULL, "nothing is left of %zu samples", (size_t)f->before)
                     : steps_nothing(w->vol, err);
}

lm_status lm_steps_run(const lm_steps *s, lm_step_work *w, lm_steps_progress progress, void *ctx, lm_step_facts *facts, lm_err *err)
{
    lm_status rc = LM_OK;
    assert(w->channels);
    w->lo = NAN;
    w->hi = INFINITY;
    w->threads = lm_pool_threads(w->threads);
    w->masked = w->object;
    if (!rc && w->object) rc = steps_roi(w, err);
    for (size_t i = 0; i < s->n && !rc; i++) {
        const lm_step *one = &s->step[i];
        if (progress) progress(ctx, one->kind->name, i, s->n);
        if ((rc = steps_one(one, w, &facts[i], err))) lm_err_frame(err, "step %zu, --%s %s", i + 1, one->kind->name, one->args);
    }
    return rc;
}
