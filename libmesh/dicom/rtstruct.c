/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/rtstruct.h"
#include "base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    T_SERIES = 0x0020000e,
    T_FRAME = 0x00200052,
    T_REFERENCED_FRAME = 0x30060010,
    T_STUDY = 0x30060012,
    T_REFERENCED_SERIES = 0x30060014,
    T_ROIS = 0x30060020,
    T_NUMBER = 0x30060022,
    T_ROI_FRAME = 0x30060024,
    T_NAME = 0x30060026,
    T_COLOUR = 0x3006002a,
    T_VOLUME = 0x3006002c,
    T_ROI_CONTOURS = 0x30060039,
    T_CONTOURS = 0x30060040,
    T_TYPE = 0x30060042,
    T_POINTS = 0x30060046,
    T_DATA = 0x30060050,
    T_OBSERVATIONS = 0x30060080,
    T_REFERENCED = 0x30060084,
    T_IDENTIFICATION = 0x30060086,
    T_CODE = 0x00080100,
    T_SCHEME = 0x00080102,
    T_MEANING = 0x00080104,
    RT_ROIS = 10000
};
#define RT_STATED 0.05 /* part by which a stated volume may be off without a word: programs differ in their slabs */

void lm_rtstruct_facts_release(lm_rtstruct_facts *f)
{
    free(f->roi);
    *f = (lm_rtstruct_facts)LM_RTSTRUCT_FACTS_INIT;
}

static void rt_warn(lm_rtstruct_facts *f, const char *rule, const char *fmt, ...) LM_PRINTF(3, 4);
static void rt_warn(lm_rtstruct_facts *f, const char *rule, const char *fmt, ...)
{
    if (f->n_warnings == LM_RTSTRUCT_WARNINGS) {
        f->warnings_left++;
        return;
    }
    lm_series_warning *w = &f->warning[f->n_warnings++];
    va_list ap;
    va_start(ap, fmt);
    snprintf(w->rule, sizeof w->rule, "%s", rule);
    vsnprintf(w->text, sizeof w->text, fmt, ap);
    va_end(ap);
}

size_t lm_rtstruct_reference(const lm_tree *t, char series[LM_UID], char frame[LM_UID])
{
    const lm_tree_item *r = lm_tree_root(t), *of = lm_tree_at(r, T_REFERENCED_FRAME, 0);
    const lm_tree_item *s = lm_tree_at(lm_tree_at(of, T_STUDY, 0), T_REFERENCED_SERIES, 0);
    lm_tree_code(s, T_SERIES, 0, series, LM_UID);
    if (!lm_tree_code(lm_tree_at(r, T_ROIS, 0), T_ROI_FRAME, 0, frame, LM_UID) || !frame[0])
        lm_tree_code(of, T_FRAME, 0, frame, LM_UID);
    return lm_tree_items(s, 0x30060016); /* Contour Image Sequence */
}

/* The item of a sequence that speaks of this region of interest. */
static const lm_tree_item *rt_of(const lm_tree_item *root, uint32_t sequence, int64_t number)
{
    for (size_t i = 0; i < lm_tree_items(root, sequence); i++) {
        const lm_tree_item *one = lm_tree_at(root, sequence, i);
        int64_t n;
        if (lm_tree_whole(one, T_REFERENCED, &n) && n == number) return one;
    }
    return NULL;
}

/* Corners of the closed contours of one region, in memory of the arena. */
static lm_status rt_contours(const lm_tree_item *roi, unsigned label, lm_arena *arena, lm_contour **ret, size_t *n, size_t *open,
                             lm_err *err)
{
    size_t items = lm_tree_items(roi, T_CONTOURS);
    *n = *open = 0;
    if (!(*ret = lm_arena_alloc(arena, items, sizeof **ret, err))) return LM_ENOMEM;
    for (size_t i = 0; i < items; i++) {
        const lm_tree_item *c = lm_tree_at(roi, T_CONTOURS, i);
        char type[20];
        int64_t points = -1;
        lm_tree_code(c, T_TYPE, 0, type, sizeof type);
        if (strcmp(type, "CLOSED_PLANAR") && strcmp(type, "CLOSEDPLANAR_XOR")) {
            ++*open;
            continue;
        }
        size_t numbers = lm_tree_numbers(c, T_DATA, NULL, 0);
        if (!numbers || numbers % 3 || (lm_tree_whole(c, T_POINTS, &points) && (size_t)points != numbers / 3))
            return lm_err_set(
                err, LM_EFORMAT, NULL,
                "region %u, contour %zu: %zu coordinates are no corners in three dimensions, or another number than is "
                "stated",
                label, i + 1, numbers);
        lm_contour *one = &(*ret)[(*n)++];
        one->n = numbers / 3;
        if (!(one->xyz = lm_arena_alloc(arena, numbers, sizeof *one->xyz, err))) return LM_ENOMEM;
        lm_tree_numbers(c, T_DATA, one->xyz, numbers);
        /* the first corner again at the end closes nothing that is not closed */
        if (one->n > 3 && !memcmp(one->xyz, one->xyz + numbers - 3, 3 * sizeof *one->xyz)) one->n--;
    }
    return LM_OK;
}

/* What a person should know of one region. */
static void rt_notes(lm_rtstruct_facts *f, const lm_rtstruct_roi *roi, unsigned label)
{
    const lm_contours_facts *c = &roi->contours;
    if (roi->open) rt_warn(f, "", "region %u: %zu points or open lines enclose nothing and were left", label, roi->open);
    if (c->twins) rt_warn(f, "R-1", "region %u: %zu contours are there twice; each was used once", label, c->twins);
    if (c->empty)
        rt_warn(f, "R-2", "region %u: %zu contours hold no sample of the grid; they count in the contour volume only", label,
                c->empty);
    if (c->between)
        rt_warn(f, "R-3", "region %u: %zu of %zu planes lie between the slices, by up to %.3g mm; slices take the nearest plane",
                label, c->between, c->planes, c->between_mm);
    if (c->beyond) rt_warn(f, "R-3", "region %u: %zu of %zu planes lie outside the image", label, c->beyond, c->planes);
    if (c->cut) rt_warn(f, "R-3", "region %u reaches beyond the rows or columns of the image and is cut there", label);
    if (c->filled)
        rt_warn(f, "R-3", "region %u: a plane seems to be missing in %zu places; its neighbours fill it", label, c->filled);
    if (c->broken)
        rt_warn(f, "R-3", "region %u: in %zu places planes are more than 2.5 steps of %.4g mm apart; nothing was filled in", label,
                c->broken, c->step_mm);
    if (!c->contours) rt_warn(f, "", "region %u has no closed contour", label);
    if (roi->stated_mm3 > 0 && fabs(roi->stated_mm3 - c->contour_mm3) > RT_STATED * roi->stated_mm3)
        rt_warn(f, "R-4", "region %u: the volume stated in the file, %.6g mm3, is not that of its contours, %.6g mm3", label,
                roi->stated_mm3, c->contour_mm3);
}

/* G-3. */
static lm_status rt_frame(const lm_tree_item *s, const char *frame_uid, lm_rtstruct_roi *roi, unsigned label, lm_err *err)
{
    lm_tree_code(s, T_ROI_FRAME, 0, roi->frame, sizeof roi->frame);
    if (roi->frame[0] && frame_uid[0] && strcmp(roi->frame, frame_uid))
        return lm_err_set(
            err, LM_ERULE, "G-3",
            "region %u is drawn in another frame of reference than that of the image: it cannot be placed. Use the image series "
            "that it was drawn on",
            label);
    return LM_OK;
}

static lm_status rt_describe(const lm_tree_item *root, const lm_tree_item *s, int64_t number, unsigned label, lm_regions *out,
                             lm_region **ret, lm_err *err)
{
    lm_part part = {.label = label};
    char text[256];
    double rgb[3];
    if (lm_tree_text(s, T_NAME, text, sizeof text)) lm_parts_clean(text, strlen(text), part.name);
    if (lm_tree_numbers(rt_of(root, T_ROI_CONTOURS, number), T_COLOUR, rgb, 3) == 3) {
        part.has_rgb = true;
        for (int i = 0; i < 3; i++) part.rgb[i] = (uint8_t)(rgb[i] < 0 ? 0 : rgb[i] > 255 ? 255 : rgb[i]);
    }
    lm_status rc = lm_regions_add(out, &part, ret, err);
    if (rc) return rc;
    const lm_tree_item *code = lm_tree_at(rt_of(root, T_OBSERVATIONS, number), T_IDENTIFICATION, 0);
    lm_tree_code(code, T_CODE, 0, (*ret)->code, sizeof(*ret)->code);
    lm_tree_code(code, T_SCHEME, 0, (*ret)->scheme, sizeof(*ret)->scheme);
    lm_tree_text(code, T_MEANING, (*ret)->meaning, sizeof(*ret)->meaning);
    return LM_OK;
}

/* One item of the Structure Set ROI Sequence: its contours as samples. */
static lm_status rt_region(const lm_tree_item *root, const lm_tree_item *s, int64_t number, unsigned label, const char *frame_uid,
                           lm_regions *out, lm_rtstruct_roi *roi, lm_err *err)
{
    lm_arena arena = LM_ARENA_INIT;
    lm_contour *c = NULL;
    lm_region *g = NULL;
    size_t n = 0;
    double stated;
    roi->stated_mm3 = lm_tree_numbers(s, T_VOLUME, &stated, 1) == 1 ? 1000 * stated : NAN; /* cubic centimetres */
    lm_status rc = rt_frame(s, frame_uid, roi, label, err);
    if (!rc) rc = rt_describe(root, s, number, label, out, &g, err);
    if (!rc) rc = rt_contours(rt_of(root, T_ROI_CONTOURS, number), label, &arena, &c, &n, &roi->open, err);
    if (!rc && (rc = lm_contours_raster(c, n, out, g, &roi->contours, err))) lm_err_frame(err, "region %u", label);
    lm_arena_release(&arena);
    return rc;
}

/* Labels in the file's order: its own numbers, if all are there, positive and different, else 1, 2, .. */
static lm_status rt_numbers(const lm_tree_item *root, size_t n, int64_t *number, bool *own, lm_err *err)
{
    bool *used = lm_mem_calloc(LM_REGIONS_MAX + 1, sizeof *used, err);
    if (!used) return LM_ENOMEM;
    *own = true;
    for (size_t i = 0; i < n; i++) {
        if (!lm_tree_whole(lm_tree_at(root, T_ROIS, i), T_NUMBER, &number[i])) number[i] = -1;
        bool good = number[i] > 0 && number[i] <= LM_REGIONS_MAX && !used[number[i]];
        if (good) used[number[i]] = true;
        *own &= good;
    }
    free(used);
    return LM_OK;
}

lm_status lm_rtstruct_read(const lm_tree *t, const lm_vol *grid, const char *frame_uid, lm_regions *out, lm_rtstruct_facts *facts,
                           lm_err *err)
{
    const lm_tree_item *root = lm_tree_root(t);
    size_t n = lm_tree_items(root, T_ROIS);
    bool own;
    *facts = (lm_rtstruct_facts)LM_RTSTRUCT_FACTS_INIT;
    *out = (lm_regions)LM_REGIONS_INIT;
    lm_regions_on(out, grid);
    if (!n || n > RT_ROIS) return lm_err_set(err, LM_ERULE, NULL, "%zu regions of interest (3006,0020) in the structure set", n);
    int64_t *number = lm_mem_calloc(n, sizeof *number, err);
    facts->roi = number ? lm_mem_calloc(n, sizeof *facts->roi, err) : NULL;
    lm_rtstruct_roi *roi = facts->roi ? lm_mem_calloc(n, sizeof *roi, err) : NULL;
    lm_status rc = roi ? rt_numbers(root, n, number, &own, err) : LM_ENOMEM;
    if (!rc && !own) rt_warn(facts, "", "ROI Numbers are not all there, positive and different: regions are counted from 1");
    if (!rc && !frame_uid[0])
        rt_warn(facts, "G-3", "the image states no Frame of Reference: that the contours belong to it is not known");
    for (size_t i = 0; i < n && !rc; i++) {
        unsigned label = own ? (unsigned)number[i] : (unsigned)i + 1;
        rc = rt_region(root, lm_tree_at(root, T_ROIS, i), number[i], label, frame_uid, out, &roi[i], err);
        if (!rc) rt_notes(facts, &roi[i], label);
    }
    for (size_t i = 0; i < n && !rc; i++) { /* regions stand by label */
        unsigned label = own ? (unsigned)number[i] : (unsigned)i + 1;
        for (size_t k = 0; k < out->count; k++)
            if (out->item[k].part.label == label) facts->roi[k] = roi[i];
    }
    facts->n = out->count;
    free(number);
    free(roi);
    if (rc) {
        lm_regions_release(out);
        lm_rtstruct_facts_release(facts);
    }
    return rc;
}
