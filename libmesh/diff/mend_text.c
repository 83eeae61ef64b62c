/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/mend_text.h"
#include "base/num.h"
#include "repair/reason.h"

#include <stdio.h>
#include <string.h>

/* "part 2 (liver): " in front of what is said of one of several. */
static int mend_of_part(const lm_mend *s, uint32_t label, char *text)
{
    char name[LM_PART_NAME];
    text[0] = 0;
    return s->mesh->label ? snprintf(text, LM_MEND_TEXT, "part %u (%s): ", label, lm_parts_name(&s->mesh->parts, label, name)) : 0;
}

static void mend_hole_text(const lm_mend *s, uint32_t label, const lm_hole *h, char *text)
{
    char at[3][LM_NUM_TEXT];
    int n = mend_of_part(s, label, text);
    for (int k = 0; k < 3; k++) lm_num_f32(h->at[k], at[k]);
    snprintf(text + n, (size_t)(LM_MEND_TEXT - n),
             h->why == LM_HOLE_UNTRACED ? "%u open edges from (%s, %s, %s) mm on make no loop: %s"
                                        : "hole of %u edges at (%s, %s, %s) mm is not filled: %s",
             h->edges, at[0], at[1], at[2], lm_holes_why(h->why));
}

static void mend_side_text(const lm_mend *s, uint32_t label, const lm_repair *r, char *text)
{
    char at[3][LM_NUM_TEXT];
    int n = mend_of_part(s, label, text);
    for (int k = 0; k < 3; k++) lm_num_f32(r->nonorientable_at[k], at[k]);
    n += snprintf(text + n, (size_t)(LM_MEND_TEXT - n),
                  "%zu piece%s with one side only (as a Moebius strip or a Klein bottle), the first ", r->nonorientable,
                  r->nonorientable == 1 ? "" : "s");
    if (!s->mesh->label) n += snprintf(text + n, (size_t)(LM_MEND_TEXT - n), "with triangle %u ", r->nonorientable_first);
    snprintf(text + n, (size_t)(LM_MEND_TEXT - n), "at (%s, %s, %s) mm: cannot be oriented", at[0], at[1], at[2]);
}

/* The first of them; false when there is none. */
static bool mend_one_sided(const lm_mend *s, char *text)
{
    size_t i = 0;
    while (i < s->repair.n && !s->repair.part[i].nonorientable) i++;
    if (i == s->repair.n || s->after->all.valid) return false;
    mend_side_text(s, s->repair.label[i], &s->repair.part[i], text);
    return true;
}

static void mend_wall_text(const lm_mend *s, char *text)
{
    const lm_walls *w = &s->repair.walls;
    char name[2][LM_PART_NAME], at[3][LM_NUM_TEXT];
    for (int k = 0; k < 3; k++) lm_num_f32(w->at[k], at[k]);
    snprintf(text, LM_MEND_TEXT,
             "the wall between part %u (%s) and part %u (%s) could not be kept at %zu triangles, the first at (%s, %s, %s) mm",
             w->between[0], lm_parts_name(&s->mesh->parts, w->between[0], name[0]), w->between[1],
             lm_parts_name(&s->mesh->parts, w->between[1], name[1]), w->lost, at[0], at[1], at[2]);
}

/* What was done is more than was allowed. */
static void mend_limit_text(const lm_mend *s, char *text)
{
    const lm_limits_result *c = &s->change;
    int n = 0;
    if (c->move_beyond)
        n = snprintf(text, LM_MEND_TEXT, "the surface would move by %.6g mm, more than --max-move %s%s", c->move_mm,
                     s->opt->move_text, c->volume_beyond ? "; " : "");
    if (c->volume_beyond)
        snprintf(text + n, (size_t)(LM_MEND_TEXT - n),
                 "the volume would change by %.6g mm3 (%.4g %%), more than --max-volume-change %s", c->volume_mm3,
                 c->volume_percent, s->opt->volume_text);
}

/* The surface is a new one, or why it is not. */
static void mend_rebuild_text(const lm_mend *s, uint32_t label, const lm_repair *r, char *text)
{
    const lm_rebuild *b = &r->rebuild;
    int n = mend_of_part(s, label, text);
    if (r->step[LM_REPAIR_REBUILD].count)
        snprintf(text + n, (size_t)(LM_MEND_TEXT - n),
                 "other repairs were not enough: the whole surface was rebuilt on a grid of %.4g mm; the old one lies within %.4g "
                 "mm of it, holes were bridged by up to %.4g mm",
                 b->step_mm, b->max_move_mm, b->max_bridge_mm);
    else
        snprintf(text + n, (size_t)(LM_MEND_TEXT - n),
                 "not rebuilt: on a grid of %.4g mm surface would be lost up to %.4g mm away, at (%.6g, %.6g, %.6g) mm; a finer "
                 "--rebuild may keep it",
                 b->step_mm, b->max_move_mm, (double)b->lost_at[0], (double)b->lost_at[1], (double)b->lost_at[2]);
}

/* Regions were built anew, or why not: that tells people what the faults are like. */
static bool mend_region_text(const lm_mend *s, uint32_t label, const lm_repair *r, char *text)
{
    static const char *const why[] = {
        [LM_REWORK_LARGE] = "the faults are spread over more than a tenth of the surface, the first",
        [LM_REWORK_AMBIGUOUS] = "what is inside cannot be told (the winding number is no whole number)",
        [LM_REWORK_LOST] = "surface would be lost",
        [LM_REWORK_UNCUT] = "what comes of it is not valid: a region",
    };
    const lm_rework *w = &r->rework;
    const lm_repair_step *step = &r->step[LM_REPAIR_REWORK];
    int n = mend_of_part(s, label, text);
    if (step->count)
        snprintf(
            text + n, (size_t)(LM_MEND_TEXT - n),
            "other repairs were not enough: %zu region(s) were rebuilt, the first at (%.6g, %.6g, %.6g) mm; the surface that was "
            "there lies within %.4g mm of the new one",
            step->count, (double)step->where.at[0][0], (double)step->where.at[0][1], (double)step->where.at[0][2],
            step->max_move_mm);
    else if (w->why > LM_REWORK_NONE)
        snprintf(text + n, (size_t)(LM_MEND_TEXT - n), "no region was rebuilt: %s at (%.6g, %.6g, %.6g) mm", why[w->why],
                 (double)w->at[0], (double)w->at[1], (double)w->at[2]);
    else return false;
    return true;
}

/* What cutting did, or why it did not. */
static void mend_cut_text(const lm_mend *s, char *text)
{
    if (!s->trimmed) lm_err_line(&s->untrimmed, text, LM_MEND_TEXT);
    else snprintf(text, LM_MEND_TEXT, "no valid halves at the plane itself: it was moved by %.3g mm", s->trim.shift_mm);
}

lm_status lm_mend_remarks(const lm_mend *s, size_t most, lm_status (*say)(void *ctx, const char *text, lm_err *err), void *ctx,
                          lm_err *err)
{
    char text[LM_MEND_TEXT];
    lm_status rc = LM_OK;
    size_t named = 0;
    for (size_t i = 0; i < s->repair.n && !rc; i++)
        for (size_t k = 0; k < s->repair.part[i].holes_left && named < most && !rc; k++, named++) {
            mend_hole_text(s, s->repair.label[i], &s->repair.part[i].hole[k], text);
            rc = say(ctx, text, err);
        }
    if (!rc && most > 1 && s->repair.holes_left > most) {
        snprintf(text, sizeof text, "%zu more holes are not filled", s->repair.holes_left - most);
        rc = say(ctx, text, err);
    }
    for (size_t i = 0; i < s->repair.n && !rc; i++) {
        if (!s->repair.part[i].nonorientable) continue;
        mend_side_text(s, s->repair.label[i], &s->repair.part[i], text);
        rc = say(ctx, text, err);
    }
    for (size_t i = 0; i < s->repair.n && !rc; i++)
        if (mend_region_text(s, s->repair.label[i], &s->repair.part[i], text)) rc = say(ctx, text, err);
    for (size_t i = 0; i < s->repair.n && !rc; i++) {
        if (!(s->repair.part[i].rebuild.step_mm > 0)) continue;
        mend_rebuild_text(s, s->repair.label[i], &s->repair.part[i], text);
        rc = say(ctx, text, err);
    }
    if (!rc && lm_mend_gone(s)) {
        snprintf(text, sizeof text, "%zu part(s) enclosed nothing and are gone", lm_mend_gone(s));
        rc = say(ctx, text, err);
    }
    if (!rc && s->repair.walls.lost) {
        mend_wall_text(s, text);
        rc = say(ctx, text, err);
    }
    if (!rc && !s->finish.done) {
        lm_finish_text(&s->finish, text, sizeof text);
        rc = say(ctx, text, err);
    }
    if (!rc && (s->untrimmed.code || s->trim.shift_mm != 0)) {
        mend_cut_text(s, text);
        rc = say(ctx, text, err);
    }
    if (rc || s->within) return rc;
    mend_limit_text(s, text);
    return say(ctx, text, err);
}

/* What the owner of a mesh that is not valid can do. */
static void mend_advice(const lm_mend *s, char *buf, size_t cap)
{
    char text[LM_ERR_TEXT] = "; ";
    lm_reason why;
    lm_err none = LM_ERR_INIT; /* without memory the faults must do */
    if (!lm_reason_find(s->mesh, s->before.all.triangles, s->opt->threads, &why, &none))
        lm_reason_text(&why, text + 2, sizeof text - 2);
    if (text[2]) snprintf(buf, cap, "%s", text);
    else if (!(s->opt->repair.rebuild_mm > 0)) snprintf(buf, cap, "; --rebuild LENGTH asks for a new surface");
}

void lm_mend_no(const lm_mend *s, char *buf, size_t cap)
{
    char line[LM_ERR_TEXT];
    const bool valid = s->after->all.valid;
    if (!s->within) mend_limit_text(s, line);
    else if (s->untrimmed.code) mend_cut_text(s, line);
    else if (!s->finish.done && valid) lm_finish_text(&s->finish, line, sizeof line);
    else if (s->repair.walls.lost && valid) snprintf(line, sizeof line, "the parts no longer fit each other");
    else if (lm_mend_gone(s) && valid) snprintf(line, sizeof line, "%zu part(s) are gone", lm_mend_gone(s));
    else if (!mend_one_sided(s, line)) {
        lm_audit_parts_line(s->after, &s->mesh->parts, line, sizeof line);
        if (!s->opt->check) mend_advice(s, line + strlen(line), sizeof line - strlen(line));
    }
    snprintf(buf, cap, "%s%s: %s",
             !s->within                 ? "beyond the limits"
             : s->untrimmed.code        ? "not cut"
             : !valid || s->finish.done ? "not valid"
                                        : "not done as asked",
             s->opt->check                                       ? ""
             : s->opt->failed                                    ? " (written all the same)"
             : s->within && s->finish.done && !s->untrimmed.code ? " after repair, and not sent on"
                                                                 : ", and not sent on",
             line);
}
