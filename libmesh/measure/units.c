/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const lm_units_one *lm_units_of(const lm_units *u, lm_unit unit)
{
    return unit == LM_UNIT_MM ? &u->length : unit == LM_UNIT_MM2 ? &u->area : unit == LM_UNIT_MM3 ? &u->volume : NULL;
}

/* Areas and volumes of a length: its second and third power, where that has a name. */
static void units_powers(lm_units *u)
{
    static const char *const power[][3] = {{"mm", "mm2", "mm3"}, {"cm", "cm2", "cm3"}};
    lm_unit unit;
    for (size_t i = 0; i < sizeof power / sizeof *power; i++) {
        if (!u->length.as || strcmp(u->length.as, power[i][0])) continue;
        if (!u->area.as) lm_num_unit(power[i][1], &unit, &u->area.as, &u->area.factor);
        if (!u->volume.as) lm_num_unit(power[i][2], &unit, &u->volume.as, &u->volume.factor);
    }
}

lm_status lm_units_parse(const char *text, lm_units *out, lm_err *err)
{
    *out = (lm_units){.length = {NULL, 1}, .area = {NULL, 1}, .volume = {NULL, 1}};
    for (const char *s = text;; s++) {
        char name[8] = "";
        lm_unit unit = LM_UNIT_NONE;
        lm_units_one found = {NULL, 1};
        const size_t n = strcspn(s, ",");
        if (n < sizeof name) memcpy(name, s, n);
        lm_num_unit(name, &unit, &found.as, &found.factor);
        lm_units_one *one = unit == LM_UNIT_MM    ? &out->length
                            : unit == LM_UNIT_MM2 ? &out->area
                            : unit == LM_UNIT_MM3 ? &out->volume
                                                  : NULL;
        if (!one)
            return lm_err_set(err, LM_EUSAGE, NULL,
                              "'%.60s': '%.*s' is no unit to show things in: um mm cm m, mm2 cm2, "
                              "mm3 cm3 ml l, joined by commas",
                              text, (int)(n < 20 ? n : 20), s);
        if (one->as) return lm_err_set(err, LM_EUSAGE, NULL, "'%.60s': '%s' and '%s' are of one kind", text, one->as, name);
        *one = found;
        s += n;
        if (!*s) break;
    }
    units_powers(out);
    return LM_OK;
}

const char *lm_units_name(lm_unit unit)
{
    return unit == LM_UNIT_DEG   ? "deg"
           : unit == LM_UNIT_MM  ? "mm"
           : unit == LM_UNIT_MM2 ? "mm2"
           : unit == LM_UNIT_MM3 ? "mm3"
           : unit == LM_UNIT_G   ? "g"
                                 : "1";
}

/* Three digits behind the point for mm and ml, more for larger units. */
static int units_places(lm_unit unit, double factor)
{
    return factor <= 1 ? 3 : unit == LM_UNIT_MM3 && factor <= 1000 ? 3 : factor < 1000 ? 4 : 6;
}

void lm_units_as(double value, lm_unit unit, const char *as, double factor, char *buf, size_t cap)
{
    const bool ml = !as && unit == LM_UNIT_MM3 && fabs(value) >= 1000;
    const double v = as ? value / factor : ml ? value / 1000 : value;
    const char *name = as ? as : ml ? "ml" : lm_units_name(unit);
    char number[LM_NUM_TEXT * 16];
    if (isnan(v)) {
        snprintf(buf, cap, "-");
        return;
    }
    if (unit == LM_UNIT_NONE) {
        snprintf(buf, cap, "%.10g", v == 0 ? 0 : v);
        return;
    }
    if (v != 0 && fabs(v) < 0.001) snprintf(number, sizeof number, "%.1e", v);
    else lm_num_fixed(v, as ? units_places(unit, factor) : 3, number, sizeof number);
    snprintf(buf, cap, "%s %s", number, name);
}

void lm_units_text(const lm_units *u, double value, lm_unit unit, char *buf, size_t cap)
{
    const lm_units_one *one = lm_units_of(u, unit);
    lm_units_as(value, unit, one ? one->as : NULL, one ? one->factor : 1, buf, cap);
}

void lm_units_lengths(const lm_units *u, const double *mm, size_t n, const char *between, char *buf, size_t cap)
{
    const char *as = u->length.as ? u->length.as : "mm";
    const double factor = u->length.as ? u->length.factor : 1;
    size_t at = 0;
    for (size_t i = 0; i < n && at < cap; i++) {
        char number[LM_NUM_TEXT * 16];
        lm_num_fixed(mm[i] / factor, units_places(LM_UNIT_MM, factor), number, sizeof number);
        int k = snprintf(buf + at, cap - at, "%s%s", number, i + 1 < n ? between : " ");
        at += k > 0 ? (size_t)k : 0;
    }
    if (at < cap) snprintf(buf + at, cap - at, "%s", as);
}

json_t *lm_units_json(const lm_units *u)
{
    if (!u->length.as && !u->area.as && !u->volume.as) return NULL;
    return json_pack("{s:s, s:s, s:s}", "length", u->length.as ? u->length.as : "mm", "area", u->area.as ? u->area.as : "mm2",
                     "volume", u->volume.as ? u->volume.as : "mm3");
}
