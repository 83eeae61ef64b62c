/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/finish.h"

#include <math.h>
#include <stdio.h>

static lm_status finish_smooth(lm_mesh *m, const lm_finish_opt *opt, lm_finish *out, lm_err *err)
{
    lm_smooth_opt o = {.passes = opt->passes, .max_move_mm = opt->max_move_mm, .threads = opt->threads};
    if (o.max_move_mm >= 0 && opt->decimate)
        o.max_move_mm = opt->target.error_mm > 0 ? fmax(0, o.max_move_mm - opt->target.error_mm) : o.max_move_mm / 2;
    lm_status rc = lm_smooth_run(m, &o, &out->smooth, err);
    if (rc) return rc;
    out->passes = opt->passes;
    out->step[LM_FINISH_SMOOTH] = (lm_repair_step){
        .count = out->smooth.moved, .max_move_mm = out->smooth.max_move_mm, .volume_change_mm3 = out->smooth.volume_mm3};
    if (out->smooth.moved) lm_spots_add(&out->step[LM_FINISH_SMOOTH].where, out->smooth.far_at);
    out->touched |= out->smooth.moved > 0;
    out->done = !out->smooth.conflict;
    return LM_OK;
}

static lm_status finish_decimate(lm_mesh *m, const lm_finish_opt *opt, lm_finish *out, lm_err *err)
{
    lm_status rc = lm_reduce_run(m, &opt->target, opt->threads, &out->reduce, err);
    if (rc) return rc;
    out->step[LM_FINISH_DECIMATE] = (lm_repair_step){
        .count = out->reduce.collapses, .max_move_mm = out->reduce.upper_mm, .volume_change_mm3 = out->reduce.volume_mm3};
    if (out->reduce.tries) lm_spots_add(&out->step[LM_FINISH_DECIMATE].where, out->reduce.far_at);
    out->touched |= out->reduce.tries > 0;
    out->done = out->reduce.why == LM_REDUCE_DONE;
    return LM_OK;
}

lm_status lm_finish_run(lm_mesh *m, const lm_finish_opt *opt, lm_finish *out, lm_err *err)
{
    *out = (lm_finish)LM_FINISH_INIT;
    lm_status rc = opt->passes ? finish_smooth(m, opt, out, err) : LM_OK;
    return rc || !opt->decimate || !out->done ? rc : finish_decimate(m, opt, out, err);
}

lm_status lm_finish_json(const lm_finish *f, json_t *list, lm_err *err)
{
    const lm_repair_step *s = &f->step[LM_FINISH_SMOOTH], *d = &f->step[LM_FINISH_DECIMATE];
    bool bad = false;
    if (f->passes)
        bad |= json_array_append_new(
                   list, json_pack("{s:s, s:I, s:o, s:f, s:f, s:I, s:I, s:I, s:I, s:f}", "step", "smooth", "count",
                                   (json_int_t)s->count, "places", lm_spots_json(&s->where), "max_move_mm", s->max_move_mm,
                                   "volume_change_mm3", s->volume_change_mm3, "passes", (json_int_t)f->passes, "held_back",
                                   (json_int_t)f->smooth.held, "at_bound", (json_int_t)f->smooth.bound, "components_in_place",
                                   (json_int_t)f->smooth.in_place, "volume_change_percent", f->smooth.volume_percent)) != 0;
    if (f->reduce.tries)
        bad |=
            json_array_append_new(list, json_pack("{s:s, s:I, s:o, s:f, s:f, s:I, s:I, s:f, s:f, s:f}", "step", "decimate", "count",
                                                  (json_int_t)d->count, "places", lm_spots_json(&d->where), "max_move_mm",
                                                  d->max_move_mm, "volume_change_mm3", d->volume_change_mm3, "triangles_before",
                                                  (json_int_t)f->reduce.before, "triangles_after", (json_int_t)f->reduce.after,
                                                  "hausdorff_lower_mm", f->reduce.lower_mm, "hausdorff_upper_mm",
                                                  f->reduce.upper_mm, "volume_change_percent", f->reduce.volume_percent)) != 0;
    return bad ? lm_err_nomem(err, sizeof(json_t)) : LM_OK;
}

bool lm_finish_say(const lm_finish *f, int i, char *buf, size_t cap)
{
    if (i == LM_FINISH_SMOOTH && f->passes)
        snprintf(buf, cap, "smooth: %zu vertices moved by at most %.4g mm, %zu held back, volume %+.6g mm3", f->smooth.moved,
                 f->smooth.max_move_mm, f->smooth.held, f->smooth.volume_mm3);
    else if (i == LM_FINISH_DECIMATE && f->reduce.tries)
        snprintf(buf, cap, "decimate: %zu triangles of %zu, at most %.4g mm from what was, volume %+.6g mm3", f->reduce.after,
                 f->reduce.before, f->reduce.upper_mm, f->reduce.volume_mm3);
    else return false;
    return true;
}

void lm_finish_text(const lm_finish *f, char *buf, size_t cap)
{
    if (f->smooth.conflict)
        snprintf(
            buf, cap,
            "smoothing by at most %.4g mm changes a volume by %.3g %%, more than %.1f %%: allow a longer move, or fewer passes",
            f->smooth.max_move_mm, f->smooth.volume_percent, LM_SMOOTH_VOLUME);
    else lm_reduce_text(&f->reduce, buf, cap);
}
