/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 geometry, 2 values, 3 segments, 4 facts, 5 the table */
#include "dicom/info.h"
#include "dicom/source_facts.h"
#include "base/child.h"
#include "base/mem.h"
#include "base/num.h"
#include "dicom/decode.h"
#include "dicom/geometry.h"
#include "volume/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Keep the first failure; v is taken. */
static void info_set(json_t *o, const char *key, json_t *v, bool *ok)
{
    if (json_object_set_new(o, key, v)) *ok = false;
}

/* ---- 1 geometry ---- */

static double info_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Towards which side of the patient a direction leads, most of all. */
static const char *info_side(const double v[3])
{
    static const char *const side[3][2] = {{"left", "right"}, {"back", "front"}, {"head", "feet"}};
    int k = 0;
    for (int i = 1; i < 3; i++)
        if (fabs(v[i]) > fabs(v[k])) k = i;
    return side[k][v[k] < 0];
}

/* The plane of x (along rows) and y (down columns), and how far off it they are. */
static void info_orientation(const double x[3], const double y[3], json_t *o, bool *ok)
{
    static const char *const plane[3] = {"sagittal", "coronal", "axial"};
    const double n[3] = {x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]};
    double length = sqrt(info_dot(n, n));
    if (!(length > 0)) return;
    int k = 2;
    for (int i = 0; i < 2; i++)
        if (fabs(n[i]) > fabs(n[k])) k = i;
    double along = fabs(n[k]) / length, across = sqrt(along < 1 ? 1 - along * along : 0);
    info_set(o, "orientation",
             json_pack("{s:s, s:f, s:s, s:s, s:s}", "plane", plane[k], "off_deg", lm_geometry_atan_deg(across / along), "rows_to",
                       info_side(x), "columns_to", info_side(y), "slices_to", info_side(n)),
             ok);
}

static void info_geometry(const lm_series *r, const lm_dicom_file *f, json_t *o, bool *ok)
{
    if (f->rows) info_set(o, "size", json_pack("[I,I,I]", (json_int_t)f->columns, (json_int_t)f->rows, (json_int_t)r->slices), ok);
    if (f->has_spacing && !json_object_get(o, "spacing_mm"))
        info_set(o, "pixel_mm", json_pack("[f,f]", f->spacing[1], f->spacing[0]), ok);
    if (f->has_orientation) info_orientation(f->orientation, f->orientation + 3, o, ok);
    if (f->has_spacing && f->spacing[0] > 0 && f->spacing[1] > 0) {
        double least = fmin(f->spacing[0], f->spacing[1]);
        json_t *aspect = json_pack("{s:f}", "pixel", f->spacing[0] / f->spacing[1]);
        if (r->step_mm > 0) info_set(aspect, "step_to_pixel", json_real(r->step_mm / least), ok);
        if (f->thickness > 0) info_set(aspect, "thickness_to_pixel", json_real(f->thickness / least), ok);
        if (r->step_mm > 0 && f->thickness > 0) info_set(aspect, "thickness_to_step", json_real(f->thickness / r->step_mm), ok);
        info_set(o, "aspect", aspect, ok);
    }
    if (r->refusal.code && f->thickness > 0) info_set(o, "thickness_mm", json_real(f->thickness), ok);
    if (r->gaps.text[0]) info_set(o, "steps", json_string(r->gaps.text), ok);
    if (r->phases > 1)
        info_set(o, "phase", json_pack("{s:i, s:i, s:s}", "number", r->phase, "of", r->phases, "what", r->differs), ok);
    if (r->duplicates) info_set(o, "duplicates", json_integer((json_int_t)r->duplicates), ok);
    if (r->localizer) info_set(o, "localizer", json_true(), ok);
}

static void info_coding(const lm_series *r, const lm_dicom_file *f, json_t *o, bool *ok)
{
    info_set(o, "transfer_syntax", json_string(f->transfer), ok);
    if (!f->rows) return;
    info_set(o, "coding",
             json_pack("{s:s, s:i, s:i, s:b}", "photometric", f->photometric, "bits_allocated", (int)f->bits_allocated,
                       "bits_stored", (int)f->bits_stored, "signed", f->is_signed),
             ok);
    info_set(o, "lossy", json_boolean(r->lossy > 0), ok);
    if (r->lossy && f->lossy_ratio[0]) info_set(o, "lossy_ratio", json_string(f->lossy_ratio), ok);
    if (f->kernel[0]) info_set(o, "kernel", json_string(f->kernel), ok);
    if (f->kvp > 0) info_set(o, "kvp", json_real(f->kvp), ok);
    if (f->has_padding) info_set(o, "padding", json_pack("[I,I]", (json_int_t)f->padding[0], (json_int_t)f->padding[1]), ok);
}

/* ---- 2 values ---- */

typedef struct {
    const lm_source *s;
    size_t series;
    lm_decode_slice *fact; /* shared */
    uint64_t *count;       /* shared; NULL while the range is not known */
    double from, width;
} info_job;

static int info_bin(double v, double from, double width)
{
    double at = (v - from) / width;
    return at > 0 ? at < LM_INFO_BINS ? (int)at : LM_INFO_BINS - 1 : 0;
}

static void info_counts(json_t *o, double from, double width, const uint64_t *count, bool *ok)
{
    json_t *list = json_array();
    for (int k = 0; k < LM_INFO_BINS; k++) *ok &= !json_array_append_new(list, json_integer((json_int_t)count[k]));
    info_set(o, "histogram", json_pack("{s:f, s:f, s:o}", "from", from, "width", width, "counts", list), ok);
}

static int info_value(void *ctx, size_t i)
{
    static lm_decode_reader keep; /* of this child */
    static float *sample;
    static size_t room;
    const info_job *j = ctx;
    const lm_dicom_file *f;
    const lm_gdcm_file from = lm_source_member(j->s, j->series, i, &f).at;
    size_t n = (size_t)f->rows * f->columns, frame = f->kind == LM_DICOM_SLICE ? f->frame_at : 0;
    if (j->count && room < n) {
        free(sample);
        sample = malloc(n * sizeof *sample);
        room = sample ? n : 0;
        if (!sample) return 1;
    }
    if (lm_decode_file(&keep, &from, f, frame, LM_F32, j->count ? sample : NULL, &j->fact[i])) return 1;
    for (size_t k = 0; j->count && k < n; k++) {
        if (isnan(sample[k])) continue; /* padding */
        __atomic_fetch_add(&j->count[info_bin((double)sample[k], j->from, j->width)], 1, __ATOMIC_RELAXED);
    }
    return 0;
}

static lm_status info_run(info_job *j, const lm_source_opt *opt, size_t n, bool *readable, lm_err *err)
{
    const lm_dicom_file *f;
    lm_child_end end;
    lm_source_member(j->s, j->series, 0, &f);
    lm_child_job job = {.n = n, .children = opt ? opt->threads : 0, .fn = info_value, .ctx = j, .what = "reading values"};
    job.max_memory = ((size_t)256 << 20) + 24 * lm_decode_bytes(f) * (f->frames ? f->frames : 1);
    if (opt) job.progress = opt->progress, job.progress_ctx = opt->progress_ctx;
    lm_status rc = lm_child_run(&job, &end, err);
    *readable = !rc && end.why == LM_CHILD_DONE;
    return rc;
}

/* Bins of one width: a whole number of steps where all values are whole, so that none is favoured. */
static double info_width(double lo, double hi, bool whole)
{
    double width = (hi - lo) / LM_INFO_BINS;
    if (whole) return floor((hi - lo) / LM_INFO_BINS) + 1;
    return width > 0 ? width : 1;
}

static lm_status info_histogram(info_job *j, const lm_source_opt *opt, size_t n, json_t *o, bool *ok, lm_err *err)
{
    double lo = INFINITY, hi = -INFINITY;
    size_t padded = 0, bytes;
    bool whole = true, readable;
    for (size_t i = 0; i < n; i++) {
        const lm_dicom_file *f;
        lm_source_member(j->s, j->series, i, &f);
        whole &= lm_decode_whole(f);
        lo = fmin(lo, j->fact[i].lo);
        hi = fmax(hi, j->fact[i].hi);
        padded += j->fact[i].padded;
    }
    if (padded) info_set(o, "padded_samples", json_integer((json_int_t)padded), ok);
    if (!(lo > -1e30 && hi < 1e30)) return LM_OK;
    info_set(o, "values", json_pack("{s:f, s:f}", "lo", lo, "hi", hi), ok);
    j->from = lo;
    j->width = info_width(lo, hi, whole);
    if (!(j->count = lm_child_map(LM_INFO_BINS, sizeof *j->count, &bytes, err))) return LM_ENOMEM;
    lm_status rc = info_run(j, opt, n, &readable, err);
    info_counts(o, j->from, j->width, j->count, ok);
    munmap(j->count, bytes);
    return rc;
}

static lm_status info_values(const lm_source *s, size_t series, const lm_source_opt *opt, json_t *o, bool *ok, lm_err *err)
{
    info_job j = {.s = s, .series = series};
    size_t n = lm_source_members(s, series), bytes;
    bool readable;
    for (size_t i = 0; i < n; i++) {
        const lm_dicom_file *f;
        lm_source_member(s, series, i, &f);
        if (f->kind == LM_DICOM_OTHER || f->kind == LM_DICOM_SEG || f->kind == LM_DICOM_RTSTRUCT || lm_geometry_grey(f, NULL))
            return LM_OK;
    }
    if (!(j.fact = lm_child_map(n, sizeof *j.fact, &bytes, err))) return LM_ENOMEM;
    lm_status rc = info_run(&j, opt, n, &readable, err);
    if (!rc && !readable) info_set(o, "unreadable", json_string("the pixel data of an image cannot be decoded"), ok);
    else if (!rc) rc = info_histogram(&j, opt, n, o, ok, err);
    munmap(j.fact, bytes);
    return rc;
}

/* ---- 3 segments ---- */

static lm_status info_labels(const lm_source *s, size_t series, const lm_source_opt *opt, json_t *o, bool *ok, lm_err *err)
{
    const lm_dicom_file *f;
    lm_tree *t = NULL;
    const lm_tree_file file = lm_source_member(s, series, 0, &f);
    if (f->kind != LM_DICOM_SEG && f->kind != LM_DICOM_RTSTRUCT) return LM_OK;
    bool seg = f->kind == LM_DICOM_SEG;
    uint32_t list = seg ? 0x00620002 : 0x30060020, number = seg ? 0x00620004 : 0x30060022, name = seg ? 0x00620005 : 0x30060026;
    lm_status rc = lm_tree_read(&file, 1, NULL, &t, err);
    if (rc) return rc;
    const lm_tree_item *root = lm_tree_root(t);
    json_t *a = json_array();
    for (size_t i = 0; i < lm_tree_items(root, list); i++) {
        const lm_tree_item *item = lm_tree_at(root, list, i);
        char text[4 * LM_PART_NAME], shown[LM_PART_NAME];
        int64_t n = 0;
        if (!lm_tree_whole(item, number, &n) || n < 0 || n > UINT32_MAX) n = (int64_t)i + 1;
        lm_tree_text(item, name, text, sizeof text);
        lm_identity_name(opt ? opt->identity : NULL, text, (uint32_t)n, shown, sizeof shown);
        *ok &= !json_array_append_new(a, json_pack("{s:I, s:s}", "number", (json_int_t)n, "name", shown));
    }
    info_set(o, seg ? "segments" : "regions", a, ok);
    lm_tree_release(t);
    return LM_OK;
}

/* ---- 4 facts ---- */

json_t *lm_info_series(const lm_source *s, size_t series, const lm_source_opt *opt, lm_err *err)
{
    const lm_series *r = lm_source_series(s, series);
    const lm_dicom_file *f;
    bool ok = true;
    json_t *o = lm_source_json(s, series, err);
    if (!o) return NULL;
    lm_source_member(s, series, 0, &f);
    info_geometry(r, f, o, &ok);
    info_coding(r, f, o, &ok);
    lm_status rc = info_values(s, series, opt, o, &ok, err);
    if (!rc) rc = info_labels(s, series, opt, o, &ok, err);
    if (!rc && ok) return o;
    if (!rc) lm_err_nomem(err, 0);
    json_decref(o);
    return NULL;
}

lm_status lm_info_volume(const lm_vol *v, json_t *facts, lm_err *err)
{
    uint64_t count[LM_INFO_BINS] = {0};
    double lo, hi, row[512];
    bool ok = true;
    lm_status rc = lm_vol_range(v, &lo, &hi, err);
    if (rc) return rc;
    double width = info_width(lo, hi, v->type != LM_F32 && v->type != LM_F64);
    for (size_t at = 0, n = lm_vol_count(v), k; at < n; at += k) {
        k = n - at < 512 ? n - at : 512;
        lm_vol_row_f64(v, at, k, row);
        for (size_t i = 0; i < k; i++) count[info_bin(row[i], lo, width)]++;
    }
    info_orientation(v->dir[0], v->dir[1], facts, &ok);
    info_set(facts, "values", json_pack("{s:f, s:f}", "lo", lo, "hi", hi), &ok);
    info_counts(facts, lo, width, count, &ok);
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

/* ---- 5 the table ---- */

static void info_row(lm_out *out, const char *name, const char *fmt, ...) LM_PRINTF(3, 4);
static void info_row(lm_out *out, const char *name, const char *fmt, ...)
{
    char text[LM_ERR_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    lm_io_printf(out, "  %-14s %s\n", name, text);
}

static double info_real(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static double info_at(const json_t *o, const char *key, size_t i)
{
    return json_number_value(json_array_get(json_object_get(o, key), i));
}

static const char *info_text(const json_t *o, const char *key)
{
    const char *t = json_string_value(json_object_get(o, key));
    return t ? t : "";
}

static void info_table_geometry(const json_t *o, lm_out *out)
{
    const json_t *orient = json_object_get(o, "orientation"), *aspect = json_object_get(o, "aspect"),
                 *phase = json_object_get(o, "phase");
    if (json_object_get(o, "size"))
        info_row(out, "size", "%.0f x %.0f x %.0f (columns, rows, slices)", info_at(o, "size", 0), info_at(o, "size", 1),
                 info_at(o, "size", 2));
    if (json_object_get(o, "spacing_mm"))
        info_row(out, "spacing", "%.6g x %.6g x %.6g mm, slices %.6g mm apart along the normal", info_at(o, "spacing_mm", 0),
                 info_at(o, "spacing_mm", 1), info_at(o, "spacing_mm", 2), info_real(o, "slice_step_mm"));
    else if (json_object_get(o, "pixel_mm"))
        info_row(out, "pixels", "%.6g x %.6g mm", info_at(o, "pixel_mm", 0), info_at(o, "pixel_mm", 1));
    if (json_object_get(o, "thickness_mm")) info_row(out, "thickness", "%.6g mm", info_real(o, "thickness_mm"));
    if (json_object_get(aspect, "step_to_pixel"))
        info_row(out, "aspect", "pixels 1 : %.4g, step to pixel %.3g", info_real(aspect, "pixel"),
                 info_real(aspect, "step_to_pixel"));
    if (json_object_get(aspect, "thickness_to_step"))
        info_row(out, "", "thickness to pixel %.3g, to step %.3g", info_real(aspect, "thickness_to_pixel"),
                 info_real(aspect, "thickness_to_step"));
    if (orient) {
        double off = info_real(orient, "off_deg");
        if (off >= 0.05) info_row(out, "orientation", "oblique, %.1f degrees from %s", off, info_text(orient, "plane"));
        else info_row(out, "orientation", "%s", info_text(orient, "plane"));
        info_row(out, "", "rows to the %s, columns to the %s, slices to the %s", info_text(orient, "rows_to"),
                 info_text(orient, "columns_to"), info_text(orient, "slices_to"));
    }
    if (info_real(o, "tilt_deg") > 0) info_row(out, "tilt", "%.3f degrees", info_real(o, "tilt_deg"));
    if (json_object_get(o, "steps")) info_row(out, "steps", "%s", info_text(o, "steps"));
    if (phase)
        info_row(out, "phase", "%.0f of %.0f: %s", info_real(phase, "number"), info_real(phase, "of"), info_text(phase, "what"));
    if (json_object_get(o, "duplicates")) info_row(out, "duplicates", "%.0f", info_real(o, "duplicates"));
}

static void info_table_values(const json_t *o, lm_out *out)
{
    const json_t *h = json_object_get(o, "histogram"), *counts = json_object_get(h, "counts"),
                 *coding = json_object_get(o, "coding"), *values = json_object_get(o, "values");
    if (coding)
        info_row(out, "samples", "%s, %.0f of %.0f bits, %ssigned", info_text(coding, "photometric"),
                 info_real(coding, "bits_stored"), info_real(coding, "bits_allocated"),
                 json_is_true(json_object_get(coding, "signed")) ? "" : "un");
    if (json_object_get(o, "lossy"))
        info_row(out, "lossy", "%s%s%s", json_is_true(json_object_get(o, "lossy")) ? "yes" : "no",
                 json_object_get(o, "lossy_ratio") ? ", ratio " : "", info_text(o, "lossy_ratio"));
    if (json_object_get(o, "kernel")) info_row(out, "kernel", "%s", info_text(o, "kernel"));
    if (json_object_get(o, "kvp")) info_row(out, "kV", "%.6g", info_real(o, "kvp"));
    if (json_object_get(o, "padding"))
        info_row(out, "padding", "stored values %.0f to %.0f, %.0f samples", info_at(o, "padding", 0), info_at(o, "padding", 1),
                 info_real(o, "padded_samples"));
    if (values) info_row(out, "values", "%.6g to %.6g", info_real(values, "lo"), info_real(values, "hi"));
    if (json_object_get(o, "unreadable")) info_row(out, "values", "%s", info_text(o, "unreadable"));
    for (size_t i = 0; i < json_array_size(counts); i++) {
        static const char bar[] = "################################################################";
        json_int_t n = json_integer_value(json_array_get(counts, i));
        int length = 0;
        for (json_int_t k = n; k; k >>= 1) length++;
        lm_io_printf(out, "  %14.6g %12lld %.*s\n", info_real(h, "from") + (double)i * info_real(h, "width"), (long long)n, length,
                     bar);
    }
}

void lm_info_table(const json_t *o, const char *description, lm_out *out)
{
    const json_t *refused = json_object_get(o, "refused"), *item;
    static const char *const lists[] = {"segments", "regions"};
    size_t i;
    if (json_object_get(o, "instances"))
        lm_io_printf(out, "%s %s, %lld files%s%s\n", info_text(o, "number"), info_text(o, "modality"),
                     (long long)json_integer_value(json_object_get(o, "instances")), description[0] ? ": " : "", description);
    else lm_io_printf(out, "%s\n", info_text(o, "kind"));
    if (refused)
        info_row(out, "no volume", "%s%s%s%s", info_text(refused, "text"), info_text(refused, "rule")[0] ? " [" : "",
                 info_text(refused, "rule"), info_text(refused, "rule")[0] ? "]" : "");
    info_table_geometry(o, out);
    if (json_object_get(o, "transfer_syntax")) info_row(out, "syntax", "%s", info_text(o, "transfer_syntax"));
    info_table_values(o, out);
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        json_array_foreach(json_object_get(o, lists[k]), i, item)
            info_row(out, i ? "" : lists[k], "%lld %s", (long long)json_integer_value(json_object_get(item, "number")),
                     info_text(item, "name"));
    json_array_foreach(json_object_get(o, "warnings"), i, item) info_row(out, i ? "" : "note", "%s", info_text(item, "text"));
}
