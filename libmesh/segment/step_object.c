/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_object.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "segment/basins.h"
#include "segment/islands.h"
#include "segment/levels.h"
#include "segment/morph.h"
#include "segment/step_tissue.h"
#include "volume/preset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- threshold ---- */

static const char *const object_methods[] = {"otsu", "minerr", "em", "kmeans"}; /* in the order of lm_levels_method */
/* A threshold's num: lo, hi, or 1 + method, classes, first and last class that are kept; or near a place (step_tissue.h). */
enum { OBJECT_NEAR = 5, OBJECT_NEAR_VOXEL };

/* METHOD[:CLASSES[:CLASS[+]]] */
static lm_status object_parse_method(lm_step *s, const char *text, lm_err *err)
{
    const size_t n = strcspn(text, ":");
    unsigned classes = 2, class = 0;
    char plus = 0, rest = 0;
    int method = 0;
    while (method < 4 && (strlen(object_methods[method]) != n || strncmp(text, object_methods[method], n) != 0)) method++;
    const int read = text[n] ? sscanf(text + n, ":%1u:%1u%c%c", &classes, &class, &plus, &rest) : 1;
    if (method == 4 || read < 1 || read > 3 || (read == 3 && plus != '+') || (read == 1 && text[n] && text[n + 2]))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "'%s': LO, LO:HI, or otsu, minerr, em or kmeans, with classes and the class to keep: otsu:3:2", text);
    if (classes < 2 || classes > LM_LEVELS_CLASSES || (method == LM_LEVELS_MINERR && classes != 2))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s': %u classes; 2 to %d, and minerr has 2", text, classes,
                          (int)LM_LEVELS_CLASSES);
    if (read == 1) class = classes;
    if (class < 1 || class > classes) return lm_err_set(err, LM_EUSAGE, NULL, "'%s': class %u of %u", text, class, classes);
    s->num[2] = 1 + method;
    s->num[3] = classes;
    s->num[4] = class;
    s->num[5] = read == 3 ? classes : class;
    snprintf(s->args, sizeof s->args, "%s:%u:%u%s", object_methods[method], classes, class, read == 3 ? "+" : "");
    return LM_OK;
}

static lm_status object_parse_threshold(lm_step *s, const char *text, lm_err *err)
{
    lm_segment_opt o = LM_SEGMENT_OPT_INIT;
    char lo[LM_NUM_TEXT], hi[LM_NUM_TEXT] = "";
    if (!strncmp(text, "near:", 5)) return lm_step_near_parse(s, text, OBJECT_NEAR, err);
    if (text[0] >= 'a' && text[0] <= 'z') return object_parse_method(s, text, err);
    lm_status rc = lm_preset_threshold(text, &o, &s->hounsfield, err);
    if (rc) return rc;
    s->num[0] = o.lo;
    s->num[1] = o.hi;
    lm_num_f64(o.lo, lo);
    if (isfinite(o.hi)) lm_num_f64(o.hi, hi);
    const char *unit = s->hounsfield ? "HU" : "";
    snprintf(s->args, sizeof s->args, "%s%s%s%s%s", lo, unit, hi[0] ? ":" : "", hi, hi[0] ? unit : "");
    return LM_OK;
}

/* The range of the classes that are kept; the darkest one begins at the least value. */
static lm_status object_levels(const lm_step *s, const lm_vol *v, int threads, double *lo, double *hi, lm_step_facts *f,
                               lm_err *err)
{
    static const char *const name[] = {"level_1", "level_2", "level_3", "level_4", "level_5", "level_6", "level_7"};
    const size_t classes = (size_t)s->num[3], first = (size_t)s->num[4], last = (size_t)s->num[5];
    double level[LM_LEVELS_CLASSES];
    lm_levels h = LM_LEVELS_INIT;
    lm_status rc = lm_levels_of(v, threads, &h, err);
    if (!rc) rc = lm_levels_find(&h, (lm_levels_method)((int)s->num[2] - 1), classes, level, err);
    for (size_t k = 0; k + 1 < classes && !rc; k++) lm_step_fact(f, name[k], level[k]);
    if (!rc) *lo = first > 1 ? level[first - 2] : h.lo - h.wide / 2;
    if (!rc) *hi = last < classes ? level[last - 1] : INFINITY;
    lm_levels_release(&h);
    return rc;
}

typedef struct {
    const lm_vol *v;
    lm_bits *b;
    double lo, hi;
    bool lay; /* on what is inside already */
} object_cut;

/* Inside is what is at least lo, and at most hi: below the next double. */
static lm_status object_cut_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const object_cut *c = ctx;
    const size_t words = c->b->words;
    const bool two = isfinite(c->hi);
    (void)worker;
    uint64_t *in = lm_mem_alloc(2 * words, sizeof *in, err), *over = in ? in + words : NULL;
    if (!in) return LM_ENOMEM;
    for (size_t j = 0; j < c->b->n[1]; j++) {
        uint64_t *row = lm_bits_row(c->b, j, k);
        const size_t first = (k * c->b->n[1] + j) * c->b->n[0];
        lm_mask_row(c->v, c->lo, first, in);
        if (two) lm_mask_row(c->v, nextafter(c->hi, INFINITY), first, over);
        for (size_t w = 0; w < words; w++) {
            const uint64_t now = two ? in[w] & ~over[w] : in[w];
            row[w] = c->lay ? row[w] & now : now;
        }
    }
    free(in);
    return LM_OK;
}

static lm_status object_threshold(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    const bool level_only = w->masked && isnan(w->lo);
    object_cut c = {.v = w->vol, .b = &w->bits, .lo = s->num[0], .hi = s->num[1], .lay = w->object};
    lm_status rc = LM_OK;
    if (s->num[2] >= OBJECT_NEAR) rc = lm_step_near_range(s, w->vol, s->num[2] >= OBJECT_NEAR_VOXEL, &c.lo, &c.hi, f, err);
    else if (s->num[2] > 0) rc = object_levels(s, w->vol, w->threads, &c.lo, &c.hi, f, err);
    if (rc) return rc;
    w->lo = c.lo;
    w->hi = c.hi;
    if (level_only) return LM_OK;
    return lm_pool_run(w->threads, w->bits.n[2], object_cut_slice, &c, err);
}

/* ---- pieces ---- */

static void object_pieces(lm_step_facts *f, const lm_islands *i)
{
    lm_step_fact(f, "pieces_found", (double)i->found);
    lm_step_fact(f, "pieces_kept", (double)i->kept);
}

/* As many samples as make the volume: at least, or at most. */
static uint64_t object_samples(const lm_step_work *w, double mm3, bool at_least)
{
    const double n = mm3 / fabs(lm_vol_det(w->vol)) * (at_least ? 1 - 1e-12 : 1 + 1e-12);
    return n < 1e18 ? (uint64_t)(at_least ? ceil(n) : floor(n)) : UINT64_MAX;
}

static lm_status object_parse_keep(lm_step *s, const char *text, lm_err *err)
{
    lm_segment_opt o = LM_SEGMENT_OPT_INIT;
    lm_status rc = lm_preset_keep(text, &o, err);
    s->num[0] = (double)o.keep;
    if (!rc) snprintf(s->args, sizeof s->args, "%.31s", text);
    return rc;
}

static lm_status object_keep(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_islands i;
    if (!(s->num[0] > 0)) return LM_OK;
    lm_status rc = lm_islands_largest(&w->bits, (size_t)s->num[0], LM_LABEL_FACES, w->threads, &i, err);
    if (!rc) object_pieces(f, &i);
    return rc;
}

static lm_status object_islands(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_islands i;
    lm_status rc = lm_islands_least(&w->bits, object_samples(w, s->num[0], true), LM_LABEL_FACES, w->threads, &i, err);
    if (!rc) object_pieces(f, &i);
    return rc;
}

static lm_status object_fill(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_islands i;
    lm_status rc = lm_islands_fill(&w->bits, object_samples(w, s->num[0], false), w->threads, &i, err);
    if (!rc) lm_step_fact(f, "cavities_filled", (double)(i.found - i.kept));
    if (!rc) lm_step_fact(f, "cavities_left", (double)i.kept);
    return rc;
}

static lm_status object_parse_border(lm_step *s, const char *text, lm_err *err)
{
    if (strcmp(text, "drop")) return lm_err_set(err, LM_EUSAGE, NULL, "'%s': drop is all there is", text);
    snprintf(s->args, sizeof s->args, "drop");
    return LM_OK;
}

static lm_status object_border(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_islands i;
    (void)s;
    lm_status rc = lm_islands_inner(&w->bits, LM_LABEL_FACES, w->threads, &i, err);
    if (!rc) object_pieces(f, &i);
    return rc;
}

/* ---- balls ---- */

#define OBJECT_MORPH(name, what) \
    static lm_status object_##name(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err) \
    { \
        (void)f; \
        return lm_morph(&w->bits, w->vol, what, s->num[0], w->threads, err); \
    }
OBJECT_MORPH(erode, LM_MORPH_ERODE)
OBJECT_MORPH(dilate, LM_MORPH_DILATE)
OBJECT_MORPH(open, LM_MORPH_OPEN)
OBJECT_MORPH(close, LM_MORPH_CLOSE)
OBJECT_MORPH(hollow, LM_MORPH_HOLLOW)

static lm_status object_split(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_basins b;
    lm_status rc = lm_basins_split(&w->bits, w->vol, s->num[0], w->threads, &b, err);
    if (rc) return rc;
    lm_step_fact(f, "bodies", (double)b.found);
    lm_step_fact(f, "voxels_cut", (double)b.cut);
    return LM_OK;
}

const lm_step_kind lm_step_object[] = {
    {"threshold", 't', "LO[:HI]",
     "keep values from LO (up to HI; HU for CT), or by otsu:CLASSES:CLASS, minerr, em, kmeans, near:X,Y,Z", false, true,
     object_parse_threshold, object_threshold},
    {"keep", 'k', "WHAT", "all, largest, or the N largest pieces", false, false, object_parse_keep, object_keep},
    {"islands", 0, "VOLUME", "drop pieces smaller than VOLUME", false, false, lm_step_volume, object_islands},
    {"fill", 0, "all|VOLUME", "fill cavities, all or up to VOLUME", false, false, lm_step_volume, object_fill},
    {"border", 0, "drop", "drop pieces that reach the edge of the volume", false, false, object_parse_border, object_border},
    {"erode", 0, "MM", "take off what is within MM of outside", false, false, lm_step_length, object_erode},
    {"dilate", 0, "MM", "add what is within MM of the object", false, false, lm_step_length, object_dilate},
    {"open", 0, "MM", "take off what no ball of radius MM reaches from inside", false, false, lm_step_length, object_open},
    {"close", 0, "MM", "fill what no ball of radius MM reaches from outside", false, false, lm_step_length, object_close},
    {"hollow", 0, "MM", "leave a wall of MM below the surface", false, false, lm_step_length, object_hollow},
    {"split", 0, "MM", "cut bodies apart that a ball of radius MM tells apart", false, false, lm_step_length, object_split},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
