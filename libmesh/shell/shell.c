/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/shell.h"
#include "shell/shell_json.h"
#include "shell/tube_json.h"

#include <stdlib.h>
#include <string.h>

#define SHELL_TOOL "meshshell"

lm_status lm_shell_allow(const char *text, lm_shell_opt *opt, lm_err *err)
{
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ",");
        if (n == 4 && !memcmp(p, "thin", n)) opt->thin = true;
        else if (n == 6 && !memcmp(p, "closed", n)) opt->closed = true;
        else return lm_err_set(err, LM_EUSAGE, NULL, "--allow '%.40s': thin, closed, or thin,closed is all there is", text);
        p += n;
        if (!*p) break;
    }
    opt->allow_text = text;
    return LM_OK;
}

static void shell_progress(const lm_shell_opt *o, const char *what, double fraction)
{
    if (o->progress) o->progress(o->progress_ctx, what, fraction);
}

static bool shell_extras(const lm_shell_opt *o)
{
    return o->extras.n || o->extras.reference.cube_mm > 0 || o->extras.reference.ball_mm > 0;
}

static bool shell_verb(const lm_shell_opt *o)
{
    return o->min_wall_mm > 0 || o->hollow_mm > 0 || o->tube_mm > 0 || o->check_mm > 0;
}

/* ---- scales ---- */

static bool shell_shrinks(const lm_shell_opt *o)
{
    return o->shrinkage[0] != 0 || o->shrinkage[1] != 0 || o->shrinkage[2] != 0;
}

/* What the record says of a step goes into the facts too; all of it where there is no other. */
static lm_status shell_keep(lm_shell *s, const char *key, json_t *r, lm_err *err)
{
    const bool scaled = json_object_get(s->facts, "scale") != NULL;
    bool bad = json_object_update_missing(s->facts, r) != 0;
    if (!scaled) json_object_del(s->facts, "scale");
    bad |= json_object_set(s->facts, key, json_object_get(r, "scale")) != 0;
    return bad ? lm_err_nomem(err, sizeof(json_t)) : LM_OK;
}

/* At print size from here on. Where nothing else is done, the wall that was asked for before is looked at again. */
static lm_status shell_scale(lm_mesh *m, lm_records *rec, lm_shell *s, lm_err *err)
{
    const lm_shell_opt *o = s->opt;
    const bool alone = !shell_verb(o);
    const double wall = alone && !m->label ? lm_scale_wall(rec) : 0;
    json_t *r = NULL;
    lm_status rc = lm_scale_run(m, rec, SHELL_TOOL, o->scale, NULL, &r, err);
    if (rc) return rc;
    if (wall > 0) {
        const lm_wall_opt w = {.wall_mm = wall, .threads = o->threads, .progress = o->progress, .progress_ctx = o->progress_ctx};
        const lm_audit_opt a = {.threads = o->threads};
        rc = lm_audit_parts_run(m, &a, &s->before, err);
        if (!rc && s->before.all.valid) rc = lm_wall_check(m, &w, false, &s->wall, err);
        if (!rc && s->before.all.valid) rc = lm_shell_json_wall(r, &s->wall, err);
        lm_audit_parts_release(&s->before);
        if (!rc && o->allow_text && json_object_set_new(json_object_get(r, "options"), "allow", json_string(o->allow_text)))
            rc = lm_err_nomem(err, sizeof(json_t));
    }
    if (!rc) rc = shell_keep(s, "scale", r, err);
    if (rc) return json_decref(r), rc;
    return lm_scale_append(rec, r, m, err);
}

/* The last step. The record before it is sealed with what it made. */
static lm_status shell_shrink(lm_mesh *m, lm_records *rec, bool seal, lm_shell *s, lm_err *err)
{
    const lm_shell_opt *o = s->opt;
    const lm_audit_opt a = {.threads = o->threads};
    lm_audit_parts after = LM_AUDIT_PARTS_INIT;
    json_t *r = NULL;
    lm_status rc = LM_OK;
    if (seal) {
        r = rec->item[--rec->n];
        rc = lm_scale_append(rec, r, m, err);
    }
    if (rc || (rc = lm_scale_run(m, rec, SHELL_TOOL, 0, o->shrinkage, &r, err))) return rc;
    if ((rc = shell_keep(s, "shrinkage", r, err))) return json_decref(r), rc;
    if ((rc = lm_scale_append(rec, r, m, err)) || (rc = lm_audit_parts_run(m, &a, &after, err))) return rc;
    if (!after.all.valid) s->after = after.all;
    s->good = s->good && after.all.valid;
    lm_audit_parts_release(&after);
    return LM_OK;
}

/* ---- the verbs ---- */

static lm_status shell_check(const lm_shell_opt *o, lm_mesh *m, double wall_mm, bool wide, lm_wall_facts *wall, lm_err *err)
{
    const lm_wall_opt w = {
        .wall_mm = wall_mm, .wide = wide, .threads = o->threads, .progress = o->progress, .progress_ctx = o->progress_ctx};
    return lm_wall_check(m, &w, o->check_mm > 0 && o->quality, wall, err);
}

static lm_hollow_opt shell_grid(const lm_shell_opt *o, double wall_mm)
{
    return (lm_hollow_opt){.wall_mm = wall_mm,
                           .step_mm = o->step_mm,
                           .max_memory = o->max_memory,
                           .threads = o->threads,
                           .progress = o->progress,
                           .progress_ctx = o->progress_ctx};
}

/* The wall around a lumen; its check is that of --check-wall. */
static lm_status shell_tube(lm_mesh *m, lm_shell *s, lm_err *err)
{
    const lm_tube_opt t = {.hollow = shell_grid(s->opt, s->opt->tube_mm), .cuts = s->opt->cuts, .cut = s->opt->cut};
    lm_status rc = lm_tube(m, &t, &s->out, &s->tube, err);
    s->hollow = s->tube.hollow;
    return rc ? rc : shell_check(s->opt, &s->out, s->opt->tube_mm, true, &s->wall, err);
}

static lm_status shell_thicken(lm_mesh *m, lm_shell *s, lm_err *err)
{
    const lm_shell_opt *o = s->opt;
    const lm_thicken_opt t = {.wall_mm = o->min_wall_mm,
                              .min_gap_mm = o->min_gap_mm < 0 ? o->min_wall_mm / 3 : o->min_gap_mm,
                              .side = o->side,
                              .threads = o->threads,
                              .progress = o->progress,
                              .progress_ctx = o->progress_ctx};
    return lm_thicken(m, &t, &s->out, &s->thicken, &s->wall, err);
}

static lm_status shell_do(lm_mesh *m, lm_shell *s, lm_err *err)
{
    const lm_shell_opt *o = s->opt;
    const lm_hollow_opt h = shell_grid(o, o->hollow_mm);
    if (o->check_mm > 0) return shell_check(o, m, o->check_mm, true, &s->wall, err);
    if (o->hollow_mm > 0) return lm_hollow(m, &h, &s->out, &s->hollow, err);
    if (o->tube_mm > 0) return shell_tube(m, s, err);
    if (o->min_wall_mm > 0) return shell_thicken(m, s, err);
    lm_status rc = lm_mesh_copy(m, &s->out, err);
    s->out.space = m->space;
    return rc;
}

/* Holes into what was hollowed, and what goes beside the part. */
static lm_status shell_add(lm_shell *s, lm_err *err)
{
    const lm_shell_opt *o = s->opt;
    if (!s->good || !shell_extras(o)) return LM_OK;
    shell_progress(o, "holes and bodies beside the part", 0.85);
    lm_status rc = lm_extras_run(&s->out, s->hollow.outer_triangles, s->hollow.wall_mm, &o->extras, o->threads, &s->extras, err);
    if (!rc && s->extras.drain.closed && !o->closed) s->good = false;
    return rc;
}

/* The certificate of a hollow part, holes and all: by balls, which know nothing of how the wall was made. */
static lm_status shell_certify(lm_shell *s, lm_err *err)
{
    const lm_shell_opt *o = s->opt;
    lm_mesh part = s->out; /* borrowed: without what stands beside it, which comes after it */
    if (!(o->hollow_mm > 0) || !s->good) return LM_OK;
    if (s->extras.n) {
        const size_t nt = s->extras.drain.n ? s->extras.drain.after.triangles : s->after.triangles;
        part.nv = s->extras.drain.n ? s->extras.drain.after.vertices : s->after.vertices;
        part.nt = nt;
    }
    part.label = part.label_back = NULL;
    lm_status rc = shell_check(o, &part, o->hollow_mm, false, &s->wall, err);
    if (!rc && s->wall.thin_samples && !o->thin) s->good = false;
    return rc;
}

/* m is a solid, or of several parts each is. */
static lm_status shell_solid(const lm_mesh *m, lm_shell *s, lm_err *err)
{
    const lm_audit_opt a = {.threads = s->opt->threads};
    char line[LM_ERR_TEXT];
    if (s->opt->tube_mm > 0) return LM_OK; /* it looks for itself */
    lm_status rc = lm_audit_parts_run(m, &a, &s->before, err);
    if (rc || s->before.all.valid) return rc;
    lm_audit_parts_line(&s->before, &m->parts, line, sizeof line);
    return lm_err_set(err, LM_ENO, NULL, "the mesh is no solid to work on, repair it first (meshfix): %.300s", line);
}

static lm_status shell_work(lm_mesh *m, lm_shell *s, lm_err *err)
{
    const lm_shell_opt *o = s->opt;
    const lm_audit_opt a = {.threads = o->threads};
    lm_audit_parts after = LM_AUDIT_PARTS_INIT;
    lm_status rc = shell_do(m, s, err);
    s->good = !rc && (o->thin || s->wall.thin_samples == 0);
    if (rc || o->check_mm > 0) return rc;
    if (m->before) { /* the oldest is the anatomy */
        s->out.before = m->before;
        m->before = NULL;
    }
    if (!s->out.parts.n && (rc = lm_parts_copy(&m->parts, &s->out.parts, err))) return rc; /* its name */
    shell_progress(o, "check again", 0.8);
    if ((rc = lm_audit_parts_run(&s->out, &a, &after, err))) return rc;
    s->after = after.all;
    lm_audit_parts_release(&after);
    s->good = s->good && s->after.valid && (!s->hollow.wall_mm || s->hollow.min_mm >= s->hollow.wall_mm - s->hollow.tol_mm);
    rc = shell_add(s, err);
    return rc ? rc : shell_certify(s, err);
}

/* ---- the record ---- */

static void shell_options(const lm_shell *s, json_t *o)
{
    const lm_shell_opt *p = s->opt;
    const struct {
        const char *name;
        double mm;
    } length[] = {{"hollow", p->hollow_mm},
                  {"wall-from-surface", p->tube_mm},
                  {"check-wall", p->check_mm},
                  {"min-wall", p->min_wall_mm},
                  {"grid", p->step_mm}};
    for (size_t i = 0; i < sizeof length / sizeof *length; i++)
        if (length[i].mm > 0) json_object_set_new(o, length[i].name, json_real(length[i].mm));
    for (size_t i = 0; i < p->cuts; i++) {
        if (!i) json_object_set_new(o, "cut", json_array());
        json_array_append_new(json_object_get(o, "cut"), json_string(p->cut_text[i]));
    }
    if (p->min_wall_mm > 0) json_object_set_new(o, "min-gap", json_real(s->thicken.min_gap_mm));
    if (p->min_wall_mm > 0 && p->side_text) json_object_set_new(o, "side", json_string(p->side_text));
    if (p->allow_text) json_object_set_new(o, "allow", json_string(p->allow_text));
    if (p->label) json_object_set_new(o, "label", json_integer((json_int_t)p->label));
    if (p->joined) json_object_set_new(o, "join-parts", json_true());
}

static lm_status shell_record(lm_records *rec, lm_shell *s, lm_err *err)
{
    const lm_shell_opt *p = s->opt;
    json_t *r = lm_record_new(rec, SHELL_TOOL, err);
    lm_status rc = r ? LM_OK : LM_ENOMEM;
    if (rc) return rc;
    shell_options(s, json_object_get(r, "options"));
    if (p->hollow_mm > 0) rc = lm_shell_json_hollow(r, &s->hollow, &s->after, err);
    if (!rc && s->wall.wall_mm > 0 && shell_verb(p)) rc = lm_shell_json_wall(r, &s->wall, err);
    if (!rc && p->tube_mm > 0) rc = lm_tube_json(r, &s->tube, &s->after, err);
    if (!rc && p->min_wall_mm > 0) rc = lm_shell_json_thicken(r, &s->thicken, s->out.before, &s->after, err);
    if (!rc && s->extras.before_mm3 > 0) rc = lm_extras_json(r, &p->extras, &s->extras, err);
    if (!rc && json_object_update(s->facts, r)) rc = lm_err_nomem(err, sizeof(json_t));
    if (!rc) return lm_record_append(rec, r, err);
    json_decref(r);
    return rc;
}

lm_status lm_shell_run(lm_mesh *m, lm_records *rec, const lm_shell_opt *opt, lm_shell *s, lm_err *err)
{
    const bool scale = opt->scale > 0 && opt->scale != 1, more = shell_verb(opt) || shell_extras(opt);
    char text[LM_SCALE_TEXT];
    lm_status rc = LM_OK;
    *s = (lm_shell){.opt = opt, .facts = json_object()};
    if (!s->facts) return lm_err_nomem(err, sizeof(json_t));
    if (more && lm_scale_shrunk(rec, text))
        return lm_err_set(err, LM_EUSAGE, NULL, "the part was made larger for shrinkage (%s): walls and bodies come before that",
                          text);
    if (scale && (rc = shell_scale(m, rec, s, err))) return rc;
    shell_progress(opt, "check", 0);
    if ((rc = shell_solid(m, s, err)) || (rc = shell_work(m, s, err))) return rc;
    if ((more || (!scale && !shell_shrinks(opt))) && (rc = shell_record(rec, s, err))) return rc;
    return shell_shrinks(opt) ? shell_shrink(opt->check_mm > 0 ? m : &s->out, rec, more, s, err) : LM_OK;
}

void lm_shell_release(lm_shell *s)
{
    lm_mesh_release(&s->out);
    lm_audit_parts_release(&s->before);
    lm_extras_release(&s->extras);
    json_decref(s->facts);
    *s = (lm_shell)LM_SHELL_INIT;
}
