/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/mend.h"
#include "surface/split.h"

static bool mend_keeps(const lm_mend *s)
{
    return s->opt->repair.keep.most || s->opt->repair.keep.min_mm3 > 0;
}

size_t lm_mend_gone(const lm_mend *s)
{
    return mend_keeps(s) ? 0 : s->before.n - s->after->n - s->trim.parts_gone;
}

static void mend_progress(const lm_mend *s, const char *what, double fraction)
{
    if (s->opt->progress) s->opt->progress(s->opt->ctx, what, fraction);
}

/* Of the mesh as it is now, closed or not; of several parts all together. */
static double mend_volume(const lm_mend *s, const lm_audit_parts *now)
{
    return s->mesh->label ? now->all.volume_mm3 : lm_mesh_volume(s->mesh);
}

/* What is wanted beyond repair, of a mesh that is valid. */
static lm_status mend_finish(lm_mend *s, lm_err *err)
{
    const lm_mend_opt *o = s->opt;
    lm_finish_opt opt = {.passes = o->passes,
                         .decimate = o->decimate,
                         .target = o->target,
                         .max_move_mm = o->limits.max_move_mm,
                         .threads = o->threads};
    lm_status rc;
    if ((!o->passes && !o->decimate) || !s->after->all.valid) return LM_OK;
    if (opt.max_move_mm >= 0) { /* of which the repairs had their share */
        lm_limits_check(&o->limits, s->repair.step, NULL, 0, 0, &s->change);
        opt.max_move_mm = opt.max_move_mm > s->change.move_mm ? opt.max_move_mm - s->change.move_mm : 0;
    }
    mend_progress(s, o->passes ? "smooth" : "decimate", 0.7);
    if (o->target.bytes > 0 && (rc = o->fits(o->ctx, o->target.bytes, &opt.target.triangles, err))) return rc;
    return lm_finish_run(s->mesh, &opt, &s->finish, err);
}

/* Judge the mesh again. */
static lm_status mend_judge(lm_mend *s, lm_err *err)
{
    lm_audit_opt aopt = {.threads = s->opt->threads};
    lm_audit_parts_release(&s->later);
    s->after = &s->later;
    return lm_audit_parts_run(s->mesh, &aopt, &s->later, err);
}

/* Where the faults are, part by part. */
static lm_status mend_places(lm_mend *s, lm_err *err)
{
    lm_split parts = LM_SPLIT_INIT;
    mend_progress(s, "places", 0.7);
    s->asked = lm_admesh_check(s->mesh, &s->second, NULL) == LM_OK; /* for information: without it the answer is the same */
    if (!s->mesh->label) return lm_places_add(&s->places, s->mesh, &s->before.all, NULL, s->opt->threads, err);
    lm_status rc = lm_split_make(s->mesh, &parts, err);
    for (size_t i = 0; i < parts.n && !rc; i++) {
        lm_mesh part = LM_MESH_INIT;
        if (!(rc = lm_split_part(s->mesh, &parts, i, NULL, &part, NULL, err)))
            rc = lm_places_add(&s->places, &part, &s->before.part[i], parts.tri + parts.at[i], s->opt->threads, err);
        lm_mesh_release(&part);
    }
    lm_split_release(&parts);
    return rc;
}

/* Cut what is good. A plane that cannot be is an answer, not trouble. */
static lm_status mend_cut(lm_mend *s, lm_err *err)
{
    lm_audit_opt aopt = {.threads = s->opt->threads};
    mend_progress(s, "cut", 0.8);
    lm_status rc = lm_trim_run(s->mesh, s->opt->plane, s->opt->threads, s->opt->off ? &s->off : NULL, &s->trim, err);
    s->trimmed = !rc;
    if (rc == LM_ENO) {
        s->untrimmed = *err;
        s->good = false;
        return LM_OK;
    }
    if (!rc) rc = mend_judge(s, err);
    if (!rc && s->off.nt) rc = lm_audit_parts_run(&s->off, &aopt, &s->off_audit, err);
    return rc;
}

lm_status lm_mend_run(lm_mesh *m, const lm_mend_opt *opt, lm_mend *s, lm_err *err)
{
    lm_audit_opt aopt = {.threads = opt->threads};
    lm_status rc;
    *s = (lm_mend){.opt = opt, .mesh = m, .finish = LM_FINISH_INIT, .untrimmed = LM_ERR_INIT};
    mend_progress(s, "check", 0.1);
    if ((rc = lm_audit_parts_run(m, &aopt, &s->before, err))) return rc;
    s->volume[0] = mend_volume(s, &s->before);
    s->after = &s->before;
    if (opt->check && (rc = mend_places(s, err))) return rc;
    if (!opt->check) {
        mend_progress(s, "repair", 0.4);
        if ((rc = lm_repair_parts_run(m, &s->before, &opt->repair, &s->repair, err))) return rc;
    }
    if (s->repair.touched) { /* a valid mesh keeps its bytes */
        mend_progress(s, "check again", 0.6);
        if ((rc = mend_judge(s, err))) return rc;
    }
    if ((rc = mend_finish(s, err)) || (s->finish.touched && (rc = mend_judge(s, err)))) return rc;
    s->volume[1] = mend_volume(s, s->after);
    s->within = lm_limits_check(&opt->limits, s->repair.step, s->finish.step, LM_FINISH_STEPS, s->volume[!s->before.all.closed],
                                &s->change);
    s->good = s->after->all.valid && s->within && s->finish.done && !s->repair.walls.lost && !lm_mend_gone(s);
    return opt->plane && s->good ? mend_cut(s, err) : LM_OK;
}

void lm_mend_release(lm_mend *s)
{
    lm_audit_parts_release(&s->off_audit);
    lm_places_release(&s->places);
    lm_mesh_release(&s->off);
    lm_repair_parts_release(&s->repair);
    lm_audit_parts_release(&s->before);
    lm_audit_parts_release(&s->later);
}
