/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/preset.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

enum { PRESET_LINE = 1024, PRESET_MOST = 1000000000 };

static lm_status preset_bound(const char *text, size_t n, double *out, bool *hounsfield, lm_err *err)
{
    char one[LM_PRESET_THRESHOLD];
    lm_quantity q;
    snprintf(one, sizeof one, "%.*s", (int)n, text);
    lm_status rc = lm_num_quantity(one, LM_UNIT_NONE, &q, err);
    if (rc) return rc;
    if (q.unit != LM_UNIT_NONE && q.unit != LM_UNIT_HU)
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s' is no level: a number, or a number with HU", one);
    *hounsfield |= q.unit == LM_UNIT_HU;
    *out = q.value;
    return LM_OK;
}

lm_status lm_preset_threshold(const char *text, lm_segment_opt *seg, bool *hounsfield, lm_err *err)
{
    const char *colon = strchr(text, ':');
    lm_status rc = preset_bound(text, colon ? (size_t)(colon - text) : strlen(text), &seg->lo, hounsfield, err);
    if (!rc && colon) rc = preset_bound(colon + 1, strlen(colon + 1), &seg->hi, hounsfield, err);
    if (rc) return lm_err_frame(err, "threshold '%s'", text);
    if (colon && !(seg->lo < seg->hi)) return lm_err_set(err, LM_EUSAGE, NULL, "threshold '%s': LO must be less than HI", text);
    return LM_OK;
}

lm_status lm_preset_keep(const char *text, lm_segment_opt *seg, lm_err *err)
{
    if (!strcmp(text, "largest")) seg->keep = 1;
    else if (strcmp(text, "all") && (!lm_num_size(text, PRESET_MOST, &seg->keep) || !seg->keep))
        return lm_err_set(err, LM_EUSAGE, NULL, "--keep '%s': all, largest, or a number from 1", text);
    return LM_OK;
}

static lm_status preset_key(lm_preset *p, const char *key, const char *value, size_t line, lm_err *err)
{
    size_t n = strlen(p->note);
    if (!strcmp(key, "note")) {
        snprintf(p->note + n, sizeof p->note - n, "%s%s", n ? " " : "", value);
        return LM_OK;
    }
    if (p->n == LM_PRESET_STEPS)
        return lm_err_set(err, LM_EFORMAT, NULL, "line %zu: more than %d steps", line, (int)LM_PRESET_STEPS);
    snprintf(p->step[p->n].name, sizeof p->step->name, "%.31s", key);
    snprintf(p->step[p->n].args, sizeof p->step->args, "%.255s", value);
    p->step[p->n++].line = line;
    return LM_OK;
}

lm_status lm_preset_read(lm_in *in, lm_preset *out, lm_err *err)
{
    char line[PRESET_LINE];
    size_t len, number = 0;
    bool eof = false;
    lm_status rc = LM_OK;
    *out = (lm_preset){.n = 0};
    while (!rc && !(rc = lm_io_line(in, line, sizeof line, &len, &eof, err)) && !eof) {
        char key[32], value[256];
        number++;
        line[strcspn(line, "#")] = 0;
        if (line[strspn(line, " \t")] == 0) continue;
        if (sscanf(line, " %31[a-z-] = %255[^\n]", key, value) != 2)
            return lm_err_set(err, LM_EFORMAT, NULL, "line %zu is not 'step = arguments'", number);
        for (size_t n = strlen(value); n && (value[n - 1] == ' ' || value[n - 1] == '\t'); n--) value[n - 1] = 0;
        rc = preset_key(out, key, value, number, err);
    }
    if (!rc && !out->n) rc = lm_err_set(err, LM_EFORMAT, NULL, "no step in it");
    return rc;
}
