/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Half of the last digit before end. */
static double print_half_digit(const char *s, const char *end)
{
    lm_quantity q;
    char number[64];
    size_t n = (size_t)(end - s);
    if (n >= sizeof number) return 0;
    memcpy(number, s, n);
    number[n] = 0;
    return lm_num_quantity(number, LM_UNIT_NONE, &q, NULL) ? 0 : q.ulp;
}

lm_status lm_print_density(const char *text, lm_density *out, lm_err *err)
{
    static const struct {
        const char *name;
        double factor;
    } unit[] = {{"g/cm3", 1}, {"g/ml", 1}, {"g/mL", 1}, {"kg/l", 1}, {"kg/L", 1}, {"kg/m3", 1e-3}};
    const char *colon = strchr(text, ':'), *end = colon ? colon : text + strlen(text);
    double v, factor = 0;
    const char *u = lm_num_parse(text, end, &v);
    for (size_t i = 0; u && i < sizeof unit / sizeof *unit; i++)
        if (strlen(unit[i].name) == (size_t)(end - u) && !strncmp(unit[i].name, u, (size_t)(end - u))) factor = unit[i].factor;
    *out = (lm_density){.g_per_cm3 = 0};
    if (!(factor > 0))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "'%.60s' is no density: write 1.15g/cm3, or 1.15g/cm3:SOURCE (g/cm3 g/ml kg/l kg/m3)", text);
    out->g_per_cm3 = v * factor;
    out->u_g_per_cm3 = print_half_digit(text, u) * factor;
    if (!(out->g_per_cm3 > 0) || out->g_per_cm3 > 100)
        return lm_err_set(err, LM_EUSAGE, NULL, "density '%.60s' is not above 0 and at most 100 g/cm3", text);
    if (colon && !lm_parts_clean(colon + 1, strlen(colon + 1), out->source))
        return lm_err_set(err, LM_EUSAGE, NULL, "source of the density: %d bytes of visible text at most, no blanks at its ends",
                          (int)LM_PART_NAME - 1);
    return LM_OK;
}

lm_status lm_print_bed(const char *text, lm_bed *out, lm_err *err)
{
    const char *p = text;
    for (int c = 0; c < 3; c++) {
        char number[64];
        lm_quantity q = {0};
        size_t n = strcspn(p, ",");
        bool last = p[n] == 0;
        if (n < sizeof number) {
            memcpy(number, p, n);
            number[n] = 0;
        }
        if (last != (c == 2) || n >= sizeof number || lm_num_quantity(number, LM_UNIT_MM, &q, NULL) || q.unit != LM_UNIT_MM ||
            !(q.value > 0))
            return lm_err_set(err, LM_EUSAGE, NULL, "'%.60s' is no bed: write its width, depth and height, 220,220,250 (mm)", text);
        out->mm[c] = q.value;
        p += n + 1;
    }
    return LM_OK;
}

/* Numbers of axes, the longest side first. */
static void print_order(const double v[3], int order[3])
{
    for (int i = 0; i < 3; i++) order[i] = i;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < 2; i++)
            if (v[order[i]] < v[order[i + 1]]) {
                int t = order[i];
                order[i] = order[i + 1];
                order[i + 1] = t;
            }
}

void lm_print_of(const lm_mass *mass, const lm_shape *shape, const lm_density *density, const lm_bed *bed, lm_print *out)
{
    double v = mass->volume_mm3, u = mass->u_volume_mm3;
    *out = (lm_print){.volume_mm3 = v, .u_volume_mm3 = u, .fits = true, .fits_turned = true};
    if (density) {
        out->has_mass = mass->has_volume;
        out->mass_g = density->g_per_cm3 * v / 1000;
        out->u_mass_g = (density->g_per_cm3 * u + density->u_g_per_cm3 * (fabs(v) + u)) / 1000;
    }
    for (int c = 0; c < 3; c++) out->size_mm[c] = mass->hi_mm[c] - mass->lo_mm[c];
    if (!bed) return;
    int side[3], axis[3];
    const double *box = shape->box.size_mm;
    out->has_bed = true;
    print_order(box, side);
    print_order(bed->mm, axis);
    for (int c = 0; c < 3; c++) {
        out->turned_mm[axis[c]] = box[side[c]];
        out->beyond_mm[c] = out->size_mm[c] - bed->mm[c];
        out->fits = out->fits && out->size_mm[c] <= bed->mm[c];
        out->fits_turned = out->fits_turned && box[side[c]] <= bed->mm[axis[c]];
    }
    out->fits_turned = out->fits_turned || out->fits; /* not turned at all */
}

void lm_print_judge(const lm_print *p, const lm_bed *bed, lm_measurement *out)
{
    double most = 0;
    *out = (lm_measurement){.name = "bed", .unit = LM_UNIT_MM, .absolute = true, .reference_is = "inside", .tol_is = "none"};
    for (int c = 0; c < 3; c++) most = p->beyond_mm[c] > most ? p->beyond_mm[c] : most;
    out->value = most;
    out->verdict = p->fits ? LM_VERDICT_PASS : LM_VERDICT_FAIL;
    int n = snprintf(out->note, sizeof out->note, "%.3f x %.3f x %.3f mm as it stands %s the bed of %.6g x %.6g x %.6g mm",
                     p->size_mm[0], p->size_mm[1], p->size_mm[2], p->fits ? "fits" : "does not fit", bed->mm[0], bed->mm[1],
                     bed->mm[2]);
    if (!p->fits && n > 0 && (size_t)n < sizeof out->note)
        snprintf(out->note + n, sizeof out->note - (size_t)n, "; turned along its oriented box %s (%.3f x %.3f x %.3f mm)",
                 p->fits_turned ? "it would" : "it would not either", p->turned_mm[0], p->turned_mm[1], p->turned_mm[2]);
}
