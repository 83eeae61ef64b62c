/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/source_pick.h"
#include "base/mem.h"
#include "dicom/select.h"
#include "dicom/source_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool source_candidate(const lm_series *r, bool images)
{
    if (images && r->kind == LM_DICOM_PROJECTION) return true;
    return (r->kind == LM_DICOM_SLICE || r->kind == LM_DICOM_MULTIFRAME) && (images || !r->localizer);
}

static bool source_phase(const lm_source *s, const lm_series *r)
{
    return r->phases > 1 && lm_phase_match(&s->phase, (size_t)r->phase, r->differs);
}

static lm_status source_matches(const lm_source *s, size_t series, const lm_select *regex, bool *hit, lm_err *err)
{
    const lm_dicom_file *h = lm_source_head(s, series);
    char number[48];
    lm_source_number(s, series, number);
    const char *field[] = {h->description, h->modality, number, h->series};
    *hit = false;
    for (size_t i = 0; i < sizeof field / sizeof *field && !*hit; i++) {
        lm_status rc = lm_select_match(regex, field[i], hit, err);
        if (rc) return rc;
    }
    return LM_OK;
}

/* "2 CT 143x161x48, 3.1 MR 256x256x60 'echo 1' ..." of the marked series; no descriptions, which may hold names. */
static void source_names_of(const lm_source *s, const bool *in, char *buf, size_t cap)
{
    size_t at = 0, hidden = 0;
    buf[0] = 0;
    for (size_t i = 0; i < s->list.n; i++) {
        const lm_series *r = &s->list.item[i];
        const lm_dicom_file *h = lm_source_head(s, i);
        char number[48], one[160];
        if (!in[i]) continue;
        lm_source_number(s, i, number);
        int n = snprintf(one, sizeof one, "%s%s %s %ux%ux%zu%s%s%s", at ? ", " : "", number, h->modality[0] ? h->modality : "-",
                         h->columns, h->rows, r->slices, r->differs[0] ? " '" : "", r->differs, r->differs[0] ? "'" : "");
        if (hidden || n < 0 || at + (size_t)n + 24 > cap) hidden++;
        else memcpy(buf + at, one, (size_t)n + 1), at += (size_t)n;
    }
    if (hidden) snprintf(buf + at, cap - at, " and %zu more", hidden);
}

lm_status lm_source_select(const lm_source *s, const char *regex, bool images, size_t *series, lm_err *err)
{
    lm_select *sel = NULL;
    lm_status rc = regex ? lm_select_new(regex, &sel, err) : LM_OK;
    if (rc) return rc;
    size_t n = s->list.n, hits = 0, phases = 0, volumes = 0, usable = 0, first = 0, first_volume = 0;
    bool *in = lm_mem_calloc(n, sizeof *in, err);
    if (!in) rc = LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        in[i] = lm_source_wanted(s, i);
        if (in[i] && sel && (rc = source_matches(s, i, sel, &in[i], err))) break;
        if (!in[i]) continue;
        if (s->list.item[i].phases > 1) phases++;
        if (s->phased && !source_phase(s, &s->list.item[i])) {
            in[i] = false;
            continue;
        }
        if (!hits++) first = i;
        usable += images || !s->list.item[i].refusal.code || s->list.item[i].kind == LM_DICOM_SEG ||
                  s->list.item[i].kind == LM_DICOM_RTSTRUCT;
        if (source_candidate(&s->list.item[i], images) && !volumes++) first_volume = i;
    }
    if (!rc && s->phased && !phases)
        rc = lm_err_set(err, LM_ERULE, "G-3", "--phase: no series has several volumes that share places");
    if (!rc && volumes == 1) *series = first_volume;
    else if (!rc && !volumes && hits == 1) *series = first;
    else if (!rc) {
        char list[280], number[48];
        if (hits) lm_source_number(s, volumes ? first_volume : first, number);
        for (size_t i = 0; i < n; i++)
            in[i] = hits ? in[i] && (!volumes || source_candidate(&s->list.item[i], images))
                         : source_candidate(&s->list.item[i], images);
        source_names_of(s, in, list, sizeof list);
        if (hits && !usable) { /* no choice would help */
            *err = s->list.item[volumes ? first_volume : first].refusal;
            rc = lm_err_frame(err, "none of %zu series is a usable volume (--list); series %s", hits, number);
        } else if (!hits)
            rc = lm_err_set(err, LM_ERULE, "G-3", "no series matches %s; there %s: %s",
                            !s->phased          ? regex ? s->where ? "--series and --where" : "the expression" : "--where"
                            : regex || s->where ? "the expression and --phase"
                                                : "--phase",
                            n == 1 ? "is" : "are", list);
        else
            rc = lm_err_set(err, LM_ERULE, "G-3", "%zu series%s, choose one with %s: %s", volumes ? volumes : hits,
                            regex || s->where ? " match" : "", phases ? "--series and --phase" : "--series", list);
    }
    free(in);
    lm_select_release(sel);
    return rc;
}
