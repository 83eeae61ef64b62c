/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_markers.h"
#include "base/mem.h"
#include "base/num.h"
#include "segment/growcut.h"
#include "segment/walker.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARKERS_BETA 20

typedef struct {
    lm_markers_opt markers;
    double beta; /* NAN: not given */
} markers_args;

/* A number or a length above 0, the whole of n bytes. */
static bool markers_above(const char *text, size_t n, lm_unit unit, double *out)
{
    char one[LM_NUM_TEXT];
    lm_quantity q;
    if (n >= sizeof one) return false;
    snprintf(one, sizeof one, "%.*s", (int)n, text);
    if (lm_num_quantity(one, unit, &q, NULL) || q.unit != unit || !(q.value > 0)) return false;
    *out = q.value;
    return true;
}

/* X,Y,Z,R: n bytes. */
static bool markers_ball(const char *text, size_t n, lm_markers_ball *ball)
{
    const char *end = text + n;
    double x[4];
    for (int a = 0; a < 4; a++)
        if (!(text = lm_num_parse(text, end, &x[a])) || (a < 3 && (text == end || *text++ != ','))) return false;
    memcpy(ball->at, x, sizeof ball->at);
    ball->radius_mm = x[3];
    return text == end && x[3] >= 0;
}

/* BAND or "all", then in any order ";in=X,Y,Z,R", ";out=X,Y,Z,R", ";beta=B". */
static lm_status markers_read(const char *text, bool walker, markers_args *m, lm_err *err)
{
    size_t n = strcspn(text, ";");
    *m = (markers_args){.beta = NAN};
    bool ok = n == 3 && !strncmp(text, "all", 3);
    if (ok) m->markers.band_mm = INFINITY;
    else ok = markers_above(text, n, LM_UNIT_MM, &m->markers.band_mm);
    for (const char *at = text + n; ok && *at; at += n) {
        at++;
        n = strcspn(at, ";");
        const bool in = !strncmp(at, "in=", 3), out = !strncmp(at, "out=", 4);
        if (in || out) {
            if (m->markers.n == LM_MARKERS_BALLS)
                return lm_err_set(err, LM_EUSAGE, NULL, "more than %d seeds", (int)LM_MARKERS_BALLS);
            lm_markers_ball *ball = &m->markers.ball[m->markers.n++];
            ball->in = in;
            ok = markers_ball(at + (in ? 3 : 4), n - (in ? 3 : 4), ball);
        } else ok = walker && !strncmp(at, "beta=", 5) && isnan(m->beta) && markers_above(at + 5, n - 5, LM_UNIT_NONE, &m->beta);
    }
    if (ok) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "'%.80s': a band above 0 (3mm) or all, then ;in=X,Y,Z,R and ;out=X,Y,Z,R in mm%s", text,
                      walker ? ", and ;beta=B above 0" : "");
}

static lm_status markers_parse(lm_step *s, const char *text, bool walker, lm_err *err)
{
    markers_args m;
    char t[4][LM_NUM_TEXT];
    lm_status rc = markers_read(text, walker, &m, err);
    if (rc) return rc;
    if (isfinite(m.markers.band_mm)) lm_num_f64(m.markers.band_mm, t[0]);
    size_t n = (size_t)snprintf(s->args, sizeof s->args, isfinite(m.markers.band_mm) ? "%smm" : "all", t[0]);
    for (size_t i = 0; i < m.markers.n && n < sizeof s->args; i++) {
        const lm_markers_ball *b = &m.markers.ball[i];
        for (int a = 0; a < 3; a++) lm_num_f64(b->at[a], t[a]);
        lm_num_f64(b->radius_mm, t[3]);
        n += (size_t)snprintf(s->args + n, sizeof s->args - n, ";%s=%s,%s,%s,%s", b->in ? "in" : "out", t[0], t[1], t[2], t[3]);
    }
    if (walker && n < sizeof s->args) {
        lm_num_f64(isnan(m.beta) ? MARKERS_BETA : m.beta, t[0]);
        n += (size_t)snprintf(s->args + n, sizeof s->args - n, ";beta=%s", t[0]);
    }
    if (n < sizeof s->args) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "the list of seeds is longer than %d characters", (int)sizeof s->args - 1);
}

static lm_status markers_parse_walker(lm_step *s, const char *text, lm_err *err)
{
    return markers_parse(s, text, true, err);
}

static lm_status markers_parse_growcut(lm_step *s, const char *text, lm_err *err)
{
    return markers_parse(s, text, false, err);
}

static lm_status markers_begin(const lm_step *s, lm_step_work *w, bool walker, markers_args *args, lm_markers *m, uint8_t **inside,
                               lm_err *err)
{
    *m = (lm_markers){.of = NULL};
    *inside = NULL;
    lm_status rc = lm_step_values(w, err);
    if (!rc) rc = markers_read(s->args, walker, args, err);
    if (!rc) rc = lm_markers_make(&w->bits, w->vol, &args->markers, w->threads, m, err);
    if (!rc && !(*inside = lm_mem_alloc(m->n[0] * m->n[1] * m->n[2], 1, err))) rc = LM_ENOMEM;
    return rc;
}

/* The probability on the whole grid: 0 where the box does not reach. */
static lm_status markers_map(const lm_markers *m, const float *p, lm_step_work *w, lm_err *err)
{
    if (!w->map) return LM_OK;
    lm_status rc = lm_vol_alloc(w->map, w->vol->n, LM_F32, err);
    if (rc) return rc;
    memcpy(w->map->dir, w->vol->dir, sizeof w->map->dir);
    memcpy(w->map->origin, w->vol->origin, sizeof w->map->origin);
    float *to = w->map->data;
    memset(to, 0, lm_vol_count(w->map) * sizeof *to);
    for (size_t k = 0; k < m->n[2]; k++)
        for (size_t j = 0; j < m->n[1]; j++, p += m->n[0])
            memcpy(to + ((m->lo[2] + k) * w->vol->n[1] + m->lo[1] + j) * w->vol->n[0] + m->lo[0], p, m->n[0] * sizeof *p);
    return LM_OK;
}

static lm_status markers_walker(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    markers_args args;
    lm_markers m;
    lm_walker found = {.sigma = 0};
    uint8_t *inside;
    float *p = NULL;
    lm_status rc = markers_begin(s, w, true, &args, &m, &inside, err);
    const size_t all = m.n[0] * m.n[1] * m.n[2];
    if (!rc && !(p = lm_mem_alloc(all, sizeof *p, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_walker_solve(w->vol, &m, &(lm_walker_opt){.beta = args.beta, .threads = w->threads}, p, &found, err);
    if (!rc) {
        for (size_t at = 0; at < all; at++) inside[at] = p[at] >= 0.5F;
        lm_markers_apply(&m, inside, &w->bits);
        lm_step_fact(f, "open", (double)m.open);
        lm_step_fact(f, "sigma", found.sigma);
        lm_step_fact(f, "rounds", (double)found.rounds);
        lm_step_fact(f, "residual", found.residual);
        lm_step_fact(f, "defect", found.defect);
        lm_step_fact(f, "apart", (double)found.apart);
        rc = markers_map(&m, p, w, err);
    }
    free(p);
    free(inside);
    lm_markers_release(&m);
    return rc;
}

static lm_status markers_growcut(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    markers_args args;
    lm_markers m;
    lm_growcut found = {.range = 0};
    uint8_t *inside;
    lm_status rc = markers_begin(s, w, false, &args, &m, &inside, err);
    if (!rc) rc = lm_growcut_run(w->vol, &m, inside, NULL, &found, err);
    if (!rc) {
        lm_markers_apply(&m, inside, &w->bits);
        lm_step_fact(f, "open", (double)m.open);
        lm_step_fact(f, "range", found.range);
        lm_step_fact(f, "unreached", (double)found.unreached);
    }
    free(inside);
    lm_markers_release(&m);
    return rc;
}

const lm_step_kind lm_step_markers[] = {
    {"walker", 0, "MM|all[;...]", "decide within MM of the surface by random walks (Grady); ;in=X,Y,Z,R ;out=X,Y,Z,R ;beta=B",
     false, false, markers_parse_walker, markers_walker},
    {"growcut", 0, "MM|all[;...]", "decide within MM of the surface by GrowCut; ;in=X,Y,Z,R ;out=X,Y,Z,R", false, false,
     markers_parse_growcut, markers_growcut},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
