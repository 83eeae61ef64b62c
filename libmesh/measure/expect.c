/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/expect.h"
#include "measure/print.h"
#include "measure/vessel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef enum { EXPECT_SIZE, EXPECT_POSITION, EXPECT_COUNT } expect_kind;

static const struct {
    const char *name;
    lm_unit unit;
    expect_kind kind;
    char of; /* 'v'olume, 'a'rea, 'e'xtent, 'c'entroid, 'n'umber of parts, 'h'ollows, 'd'iameter, a'x'is, 's'phericity,
                 oriented 'B'ox, 'H'ull, 'P'rint volume, mass in 'G'rams; along a vessel 'L'ength, least lumen 'M', na'R'rowing,
                'T'ips, 'F'orks */
    int axis;
} expect_known[] = {
    {"volume", LM_UNIT_MM3, EXPECT_SIZE, 'v', 0},
    {"area", LM_UNIT_MM2, EXPECT_SIZE, 'a', 0},
    {"width", LM_UNIT_MM, EXPECT_SIZE, 'e', 0},
    {"depth", LM_UNIT_MM, EXPECT_SIZE, 'e', 1},
    {"height", LM_UNIT_MM, EXPECT_SIZE, 'e', 2},
    {"extent-x", LM_UNIT_MM, EXPECT_SIZE, 'e', 0},
    {"extent-y", LM_UNIT_MM, EXPECT_SIZE, 'e', 1},
    {"extent-z", LM_UNIT_MM, EXPECT_SIZE, 'e', 2},
    {"centroid-x", LM_UNIT_MM, EXPECT_POSITION, 'c', 0},
    {"centroid-y", LM_UNIT_MM, EXPECT_POSITION, 'c', 1},
    {"centroid-z", LM_UNIT_MM, EXPECT_POSITION, 'c', 2},
    {"components", LM_UNIT_NONE, EXPECT_COUNT, 'n', 0},
    {"cavities", LM_UNIT_NONE, EXPECT_COUNT, 'h', 0},
    {"diameter", LM_UNIT_MM, EXPECT_SIZE, 'd', 0},
    {"major-axis", LM_UNIT_MM, EXPECT_SIZE, 'x', 0},
    {"minor-axis", LM_UNIT_MM, EXPECT_SIZE, 'x', 1},
    {"least-axis", LM_UNIT_MM, EXPECT_SIZE, 'x', 2},
    {"sphericity", LM_UNIT_NONE, EXPECT_SIZE, 's', 0},
    {"fit-diameter", LM_UNIT_MM, EXPECT_SIZE, 'f', 0},
    {"fit-rms", LM_UNIT_MM, EXPECT_SIZE, 'r', 0},
    {"fit-max", LM_UNIT_MM, EXPECT_SIZE, 'm', 0},
    {"fit-centre-x", LM_UNIT_MM, EXPECT_POSITION, 'p', 0},
    {"fit-centre-y", LM_UNIT_MM, EXPECT_POSITION, 'p', 1},
    {"fit-centre-z", LM_UNIT_MM, EXPECT_POSITION, 'p', 2},
    {"centreline", LM_UNIT_MM, EXPECT_SIZE, 'L', 0},
    {"least-lumen", LM_UNIT_MM, EXPECT_SIZE, 'M', 0},
    {"narrowing", LM_UNIT_NONE, EXPECT_SIZE, 'R', 0},
    {"box-long", LM_UNIT_MM, EXPECT_SIZE, 'B', 0},
    {"box-middle", LM_UNIT_MM, EXPECT_SIZE, 'B', 1},
    {"box-short", LM_UNIT_MM, EXPECT_SIZE, 'B', 2},
    {"hull-volume", LM_UNIT_MM3, EXPECT_SIZE, 'H', 0},
    {"print-volume", LM_UNIT_MM3, EXPECT_SIZE, 'P', 0},
    {"mass", LM_UNIT_G, EXPECT_SIZE, 'G', 0},
    {"ends", LM_UNIT_NONE, EXPECT_COUNT, 'T', 0},
    {"forks", LM_UNIT_NONE, EXPECT_COUNT, 'F', 0},
};
enum { EXPECT_KNOWN = sizeof expect_known / sizeof *expect_known };

const char *lm_expect_names(void)
{
    return "volume, area, width (extent-x), depth (extent-y), height (extent-z), centroid-x, centroid-y, centroid-z, components, "
           "cavities, diameter, major-axis, minor-axis, least-axis, sphericity, box-long, box-middle, box-short, hull-volume, "
           "print-volume, mass, fitN-diameter, fitN-rms, fitN-max, fitN-centre-x, "
           "-y, -z; with --vessel centreline, least-lumen, narrowing, ends, forks";
}

const char *lm_expect_name(const lm_expect *e)
{
    return expect_known[e->what].name;
}

void lm_expect_full_name(const lm_expect *e, char buf[LM_VERDICT_NAME])
{
    if (e->fit) snprintf(buf, LM_VERDICT_NAME, "fit%zu%s", e->fit, expect_known[e->what].name + 3);
    else snprintf(buf, LM_VERDICT_NAME, "%s", expect_known[e->what].name);
}

size_t lm_expect_common(char name[LM_VERDICT_NAME])
{
    size_t n = 0, at = 3;
    if (strncmp(name, "fit", 3)) return 0;
    while (name[at] >= '0' && name[at] <= '9' && n < 100000) n = 10 * n + (size_t)(name[at++] - '0');
    if (name[at] != '-' || !n || name[3] == '0') return 0;
    memmove(name + 3, name + at, strlen(name + at) + 1);
    return n;
}

bool lm_expect_of_vessel(const lm_expect *e)
{
    return strchr("LMRTF", expect_known[e->what].of) != NULL;
}

bool lm_expect_of_print(const lm_expect *e)
{
    return expect_known[e->what].of == 'G';
}

bool lm_expect_same(const lm_expect *a, const lm_expect *b)
{
    return expect_known[a->what].of == expect_known[b->what].of && expect_known[a->what].axis == expect_known[b->what].axis &&
           a->fit == b->fit;
}

bool lm_expect_of_solid(const lm_expect *e)
{
    return strchr("vcxsPG", expect_known[e->what].of) != NULL;
}

bool lm_expect_unit(const char *name, lm_unit *unit)
{
    for (size_t i = 0; i < EXPECT_KNOWN; i++)
        if (!strcmp(expect_known[i].name, name)) {
            *unit = expect_known[i].unit;
            return true;
        }
    return false;
}

static lm_status expect_unit(const char *text, lm_unit want, lm_quantity *q, lm_err *err)
{
    lm_status rc = lm_num_quantity(text, want, q, err);
    if (!rc && q->unit != want) return lm_err_set(err, LM_EUSAGE, NULL, "'%s' has a unit that does not fit", text);
    return rc;
}

lm_status lm_expect_parse(const char *text, lm_expect *out, lm_err *err)
{
    char buf[128], name[LM_VERDICT_NAME] = "";
    const char *eq = strchr(text, '='), *comma = strchr(text, ',');
    size_t n = eq ? (size_t)(eq - text) : strlen(text);
    *out = (lm_expect){.what = EXPECT_KNOWN};
    if (n < sizeof name) memcpy(name, text, n);
    out->fit = lm_expect_common(name);
    for (size_t i = 0; i < EXPECT_KNOWN; i++)
        if (!strcmp(expect_known[i].name, name) && !strncmp(name, "fit-", 4) == (out->fit > 0)) out->what = i;
    if (out->what == EXPECT_KNOWN)
        return lm_err_set(err, LM_EUSAGE, NULL, "'%.*s' is no known quantity: %s", (int)(n < 40 ? n : 40), text, lm_expect_names());
    if (!eq || strlen(text) >= sizeof buf || (comma && strncmp(comma, ",tol=", 5)))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%.60s': write NAME=VALUE or NAME=VALUE,tol=TOLERANCE", text);
    lm_unit unit = expect_known[out->what].unit;
    snprintf(buf, sizeof buf, "%.*s", (int)(comma ? comma - eq - 1 : (long)strlen(eq + 1)), eq + 1);
    lm_status rc = expect_unit(buf, unit, &out->reference, err);
    if (rc) return lm_err_frame(err, "%s", expect_known[out->what].name);
    if (expect_known[out->what].kind == EXPECT_COUNT) {
        if (out->reference.value < 0 || out->reference.value > 0x1p52 ||
            out->reference.value != (double)(uint64_t)out->reference.value)
            return lm_err_set(err, LM_EUSAGE, NULL, "%s: '%s' is no whole number", expect_known[out->what].name, buf);
        out->reference.ulp = 0;
    } else if (expect_known[out->what].kind == EXPECT_SIZE && out->reference.value < 0)
        return lm_err_set(err, LM_EUSAGE, NULL, "%s: '%s' is negative", expect_known[out->what].name, buf);
    if (strchr("rm", expect_known[out->what].of) && out->reference.value == 0)
        out->reference.ulp = 0; /* no residual is no residual */
    if (!comma) return LM_OK;
    if ((rc = lm_num_quantity(comma + 5, unit, &out->tol, err)))
        return lm_err_frame(err, "%s, tolerance", expect_known[out->what].name);
    if (out->tol.value < 0 || (out->tol.unit != unit && out->tol.unit != LM_UNIT_PERCENT))
        return lm_err_set(err, LM_EUSAGE, NULL, "%s: tolerance '%s' does not fit", expect_known[out->what].name, comma + 5);
    out->has_tol = true;
    return LM_OK;
}

/* The tolerance in the quantity's unit. */
static lm_status expect_tol(const lm_expect *e, const lm_tol *given, double *out, const char **is, lm_err *err)
{
    lm_unit unit = expect_known[e->what].unit;
    double percent = given->has[LM_UNIT_PERCENT] ? given->value[LM_UNIT_PERCENT] : 1;
    bool own = e->has_tol && e->tol.unit == LM_UNIT_PERCENT;
    bool of_tol = given->has[LM_UNIT_PERCENT] || (unit != LM_UNIT_NONE && given->has[unit]);
    *is = e->of_spec ? "specification" : e->has_tol ? "given with it" : of_tol ? "--tol" : "default: 1 %";
    if (own) percent = e->tol.value;
    if (e->has_tol && !own) *out = e->tol.value;
    else if (!own && unit != LM_UNIT_NONE && given->has[unit]) *out = given->value[unit];
    else if (expect_known[e->what].kind == EXPECT_COUNT && !own) *out = 0, *is = "counts are exact";
    else if (expect_known[e->what].kind != EXPECT_POSITION) *out = fabs(e->reference.value) * percent / 100;
    else
        return lm_err_set(err, LM_EUSAGE, NULL, "%s is a position, a percentage of it means nothing: add ,tol=0.5mm or --tol 0.5mm",
                          expect_known[e->what].name);
    return LM_OK;
}

/* What was fitted; NAN where it is not there or does not say. A residual is known as well as the points are. */
static void expect_of_fit(const lm_expect *e, const lm_mass *mass, const lm_shape *shape, lm_measurement *out)
{
    const lm_fit *f = e->fit <= shape->n_fits ? &shape->fit[e->fit - 1] : NULL;
    char of = expect_known[e->what].of;
    double point = 0;
    for (int c = 0; c < 3; c++) point += mass->u_box_mm[c] * mass->u_box_mm[c];
    out->value = !f || !f->determined || (of == 'f' && f->ask.kind == LM_FIT_PLANE) ? NAN
                 : of == 'f'                                                        ? f->diameter_mm
                 : of == 'r'                                                        ? f->rms_mm
                 : of == 'm'                                                        ? f->max_mm
                                                                                    : f->centre_mm[expect_known[e->what].axis];
    out->u_value = !f ? 0 : of == 'f' ? f->u_diameter_mm : of == 'p' ? f->u_centre_mm : sqrt(point);
}

/* u of a length between two vertices, each within half a unit in the last place. */
static double expect_between(const lm_mass *m)
{
    return 2 * sqrt(m->u_box_mm[0] * m->u_box_mm[0] + m->u_box_mm[1] * m->u_box_mm[1] + m->u_box_mm[2] * m->u_box_mm[2]);
}

/* Is what is asked for read where the voxels do not resolve it? */
static bool expect_thin(char of, const lm_vessel *v)
{
    const size_t b = !v ? SIZE_MAX : of == 'M' ? v->least : of == 'R' ? v->narrow : SIZE_MAX;
    return b != SIZE_MAX && (v->limits.flag[b][of == 'M' ? v->branch[b].least_at : v->branch[b].narrow_at] & LM_VESSEL_THIN);
}

/* Along the centreline; a vessel that was not measured leaves it undecided. */
static void expect_vessel(char of, const lm_vessel *v, double u_mm, lm_measurement *out)
{
    const lm_vessel_branch *least = v && v->least != SIZE_MAX ? &v->branch[v->least] : NULL;
    const lm_vessel_branch *narrow = v && v->narrow != SIZE_MAX ? &v->branch[v->narrow] : NULL;
    out->value = NAN;
    if (!v) return;
    const double voxel = v->limits.voxel_mm;
    if (of == 'L') out->value = v->length_mm, out->u_value = u_mm + LM_VESSEL_U_LENGTH * v->length_mm;
    if (of == 'M' && least)
        out->value = least->least_mm,
        out->u_value = u_mm + LM_VESSEL_U_DIAMETER * least->least_mm + (expect_thin(of, v) ? voxel : 0);
    if (of == 'R' && (narrow || v->sound_mm > 0)) {
        out->value = narrow ? narrow->degree : 0;
        out->u_value = 2 * LM_VESSEL_U_DIAMETER + (narrow && expect_thin(of, v) ? voxel / narrow->reference_mm : 0);
    }
    if (of == 'T') out->value = (double)v->ends;
    if (of == 'F') out->value = (double)v->forks;
}

static void expect_print(char of, const lm_print *p, lm_measurement *out)
{
    out->value = NAN;
    if (p && of == 'P') out->value = p->volume_mm3, out->u_value = p->u_volume_mm3;
    if (p && of == 'G' && p->has_mass) out->value = p->mass_g, out->u_value = p->u_mass_g;
}

lm_status lm_expect_judge(const lm_expect *e, const lm_mass *mass, const lm_shape *shape, const lm_tol *tol, lm_measurement *out,
                          lm_err *err)
{
    int a = expect_known[e->what].axis;
    *out = (lm_measurement){.unit = expect_known[e->what].unit,
                            .absolute = expect_known[e->what].kind == EXPECT_POSITION,
                            .as = e->reference.as,
                            .factor = e->reference.factor,
                            .reference = e->reference.value,
                            .reference_is = "expected",
                            .u_reference = e->reference.ulp};
    lm_expect_full_name(e, out->name);
    lm_status rc = expect_tol(e, tol, &out->tol, &out->tol_is, err);
    if (rc) return rc;
    switch (expect_known[e->what].of) {
    case 'v': out->value = mass->volume_mm3, out->u_value = mass->u_volume_mm3; break;
    case 'a': out->value = mass->area_mm2, out->u_value = mass->u_area_mm2; break;
    case 'e': out->value = mass->hi_mm[a] - mass->lo_mm[a], out->u_value = 2 * mass->u_box_mm[a]; break;
    case 'c': out->value = mass->centroid_mm[a], out->u_value = mass->u_centroid_mm; break;
    case 'n': out->value = (double)(mass->parts - mass->cavities); break;
    case 'd': out->value = shape->diameter.mm, out->u_value = expect_between(mass); break;
    case 'x': out->value = shape->has_axes ? shape->length_mm[a] : NAN, out->u_value = expect_between(mass); break;
    case 's': out->value = shape->has_axes ? shape->sphericity : NAN, out->u_value = 1e-6; break;
    case 'f':
    case 'r':
    case 'm':
    case 'p': expect_of_fit(e, mass, shape, out); break;
    case 'B': out->value = shape->box.size_mm[a], out->u_value = expect_between(mass); break;
    case 'H': out->value = shape->convex_mm3, out->u_value = shape->convex_mm2 * expect_between(mass) / 2; break;
    case 'P':
    case 'G': expect_print(expect_known[e->what].of, shape->print, out); break;
    case 'h': out->value = (double)mass->cavities; break;
    default: expect_vessel(expect_known[e->what].of, shape->vessel, expect_between(mass), out);
    }
    lm_verdict_measurement(out);
    lm_err why = LM_ERR_INIT;
    if (isnan(out->value) && e->fit)
        snprintf(out->note, sizeof out->note, "%s",
                 e->fit <= shape->n_fits && shape->fit[e->fit - 1].note[0] ? shape->fit[e->fit - 1].note
                                                                           : "there is no such number");
    else if (isnan(out->value) && lm_expect_of_vessel(e))
        snprintf(out->note, sizeof out->note, "%s",
                 shape->vessel ? "all of it is too thin for the voxels, or near a cut" : "no vessel was measured");
    else if (expect_thin(expect_known[e->what].of, shape->vessel))
        snprintf(out->note + strlen(out->note), sizeof out->note - strlen(out->note),
                 "; it is not resolved there: thinner than %g voxels of %.4g mm", LM_VESSEL_RESOLVED,
                 shape->vessel->limits.voxel_mm);
    else if (isnan(out->value))
        snprintf(out->note, sizeof out->note, "%.*s", (int)sizeof out->note - 1,
                 lm_mass_solid(mass, &why) ? why.text[0] : "the volume is zero: there is no centre");
    return LM_OK;
}
