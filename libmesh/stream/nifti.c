/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 the header, 2 place, 3 samples, 4 reading */
#include "stream/nifti.h"
#include "base/bytes.h"
#include "base/gzip.h"
#include "base/mem.h"
#include "stream/payload.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NIFTI_1 = 348, NIFTI_2 = 540, NIFTI_EXTENSIONS = 64 << 20, NIFTI_BLOCK = 4096 };

/* Both versions, as numbers. */
typedef struct {
    bool big; /* byte order */
    int64_t dim[8], offset;
    int datatype, bits, units, qform, sform;
    double size[8], slope, inter, quatern[3], at[3], row[3][4];
} nifti_head;

/* ---- 1 the header ---- */

static uint64_t nifti_bytes(const unsigned char *p, size_t width, bool big)
{
    uint64_t v = 0;
    for (size_t i = 0; i < width; i++) v = v << 8 | p[big ? i : width - 1 - i];
    return v;
}

static int64_t nifti_int(const unsigned char *p, size_t width, bool big)
{
    uint64_t v = nifti_bytes(p, width, big);
    return width == 2 ? (int16_t)v : width == 4 ? (int32_t)v : (int64_t)v;
}

static double nifti_real(const unsigned char *p, size_t width, bool big)
{
    uint64_t v = nifti_bytes(p, width, big);
    double d;
    if (width == 4) return (double)lm_getf32(&(uint32_t){(uint32_t)v});
    memcpy(&d, &v, 8);
    return d;
}

/* Where the fields of version 1 and 2 stand, and how wide they are. */
typedef struct {
    size_t dim, dim_w, type, code_w, size, real_w, offset, slope, units, units_w, form, quatern, row;
} nifti_layout;
static const nifti_layout nifti_layouts[2] = {
    {40, 2, 70, 2, 76, 4, 108, 112, 123, 1, 252, 256, 280},
    {16, 8, 12, 4, 104, 8, 168, 176, 500, 4, 344, 352, 400},
};

static void nifti_parse(const unsigned char *p, int version, bool big, nifti_head *h)
{
    const nifti_layout *l = &nifti_layouts[version - 1];
    size_t w = l->real_w;
    *h = (nifti_head){.big = big};
    for (size_t i = 0; i < 8; i++) {
        h->dim[i] = nifti_int(p + l->dim + i * l->dim_w, l->dim_w, big);
        h->size[i] = nifti_real(p + l->size + i * w, w, big);
    }
    h->datatype = (int)nifti_int(p + l->type, 2, big);
    h->bits = (int)nifti_int(p + l->type + 2, 2, big);
    if (version == 2) h->offset = nifti_int(p + l->offset, 8, big);
    else {
        double at = nifti_real(p + l->offset, 4, big);
        h->offset = at >= 0 && at < 0x1p31 && at == floor(at) ? (int64_t)at : -1;
    }
    h->slope = nifti_real(p + l->slope, w, big);
    h->inter = nifti_real(p + l->slope + w, w, big);
    h->units = l->units_w == 1 ? p[l->units] : (int)nifti_int(p + l->units, 4, big);
    h->qform = (int)nifti_int(p + l->form, l->code_w, big);
    h->sform = (int)nifti_int(p + l->form + l->code_w, l->code_w, big);
    for (size_t i = 0; i < 3; i++) {
        h->quatern[i] = nifti_real(p + l->quatern + i * w, w, big);
        h->at[i] = nifti_real(p + l->quatern + (3 + i) * w, w, big);
        for (size_t k = 0; k < 4; k++) h->row[i][k] = nifti_real(p + l->row + (4 * i + k) * w, w, big);
    }
}

/* Length of the header that these bytes begin: 348 or 540; 0: none. */
static size_t nifti_length(const unsigned char *p, size_t n, bool *big)
{
    for (int b = 0; b < 2 && n >= 4; b++) {
        uint64_t len = nifti_bytes(p, 4, b);
        *big = b;
        if (len == NIFTI_2 && n >= 8 && !memcmp(p + 4, "n+2", 4)) return NIFTI_2;
        if (len == NIFTI_2 && n >= 8 && !memcmp(p + 4, "ni2", 4)) return NIFTI_2;
        if (len != NIFTI_1 || n < NIFTI_1) continue;
        int64_t dims = nifti_int(p + 40, 2, b);
        if (dims >= 1 && dims <= 7) return NIFTI_1;
    }
    return 0;
}

bool lm_nifti_sniff(const unsigned char *head, size_t n)
{
    unsigned char b[NIFTI_2];
    bool big;
    size_t got = lm_gzip_head(head, n, b, sizeof b);
    return got ? nifti_length(b, got, &big) > 0 : nifti_length(head, n, &big) > 0;
}

static lm_status nifti_magic(const unsigned char *p, size_t len, lm_err *err)
{
    const char *magic = (const char *)p + (len == NIFTI_2 ? 4 : 344);
    if (!memcmp(magic, "ni1", 4) || !memcmp(magic, "ni2", 4))
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "NIfTI header: the samples lie in another file (.img): save it as one file (.nii)");
    if (len == NIFTI_1 && memcmp(magic, "n+1", 4))
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "this is an Analyze 7.5 header and no NIfTI: it does not say which side is left; convert it with a "
                          "program that knows");
    if (len == NIFTI_2 && memcmp(magic + 4, "\r\n\032\n", 4))
        return lm_err_set(err, LM_EFORMAT, NULL, "NIfTI header: its line ends were converted: the file was damaged in transfer");
    return LM_OK;
}

static lm_status nifti_header(lm_in *in, nifti_head *h, lm_err *err)
{
    unsigned char b[NIFTI_2];
    const unsigned char *p;
    size_t got;
    bool big;
    lm_status rc = lm_io_peek(in, NIFTI_2, &p, &got, err);
    if (rc) return rc;
    size_t len = nifti_length(p, got, &big);
    if (!len) return lm_err_set(err, LM_EFORMAT, NULL, "not a NIfTI file, or cut off in its header");
    if ((rc = lm_io_read(in, b, len, err)) || (rc = nifti_magic(b, len, err))) return rc;
    nifti_parse(b, len == NIFTI_2 ? 2 : 1, big, h);
    int64_t least = (int64_t)len + 4;
    if (h->offset == 0) h->offset = least;
    if (h->offset < least || h->offset > NIFTI_EXTENSIONS)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "NIfTI header: vox_offset is %" PRId64 ": the samples begin at byte %" PRId64 " or later", h->offset,
                          least);
    for (int64_t gap = h->offset - (int64_t)len; gap > 0 && !rc;) { /* extensions */
        size_t n = gap < (int64_t)sizeof b ? (size_t)gap : sizeof b;
        rc = lm_io_read(in, b, n, err);
        gap -= (int64_t)n;
    }
    return rc;
}

static lm_status nifti_sizes(const nifti_head *h, size_t n[3], lm_err *err)
{
    int64_t more = 1;
    if (h->dim[0] < 1 || h->dim[0] > 7)
        return lm_err_set(err, LM_EFORMAT, NULL, "NIfTI header: dim[0] is %" PRId64 ": 1 to 7 dimensions are possible", h->dim[0]);
    for (int a = 1; a <= 7; a++) {
        int64_t d = a <= h->dim[0] ? h->dim[a] : 1;
        if (d < 1)
            return lm_err_set(err, LM_EFORMAT, NULL, "NIfTI header: dim[%d] is %" PRId64 ": at least 1 is needed", a, h->dim[a]);
        if (a <= 3) n[a - 1] = (size_t)d;
        else if (d > more) more = d;
    }
    return more > 1
               ? lm_err_set(err, LM_ERULE, NULL,
                            "the file holds %" PRId64 " volumes (time steps or components): save the one that is meant by itself",
                            more)
               : LM_OK;
}

/* ---- 2 place ---- */

/* Rotation, voxel sizes and offset of the qform, as rows like those of the sform. */
static void nifti_qform(const nifti_head *h, double row[3][4])
{
    double b = h->quatern[0], c = h->quatern[1], d = h->quatern[2], a = 1 - (b * b + c * c + d * d), len = 1;
    if (a < 1e-7) len = sqrt(b * b + c * c + d * d), a = 0; /* half a turn, but for rounding */
    else a = sqrt(a);
    b /= len, c /= len, d /= len;
    const double r[3][3] = {
        {a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)},
        {2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)},
        {2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b},
    };
    for (int c2 = 0; c2 < 3; c2++) {
        for (int k = 0; k < 3; k++) row[c2][k] = r[c2][k] * h->size[k + 1] * (k == 2 && h->size[0] < 0 ? -1 : 1);
        row[c2][3] = h->at[c2];
    }
}

static lm_status nifti_unit(const nifti_head *h, double *mm, lm_records *rec, lm_err *err)
{
    static const double unit[] = {1, 1000, 1, 1e-3};
    int u = h->units & 7;
    if (u > 3) return lm_err_set(err, LM_EFORMAT, NULL, "NIfTI header: xyzt_units is %d: no unit of length", h->units);
    *mm = unit[u];
    return u ? LM_OK
             : lm_record_note(rec, "warning", NULL, "the file does not state its unit of length: millimetres are taken", err);
}

/* Greatest distance of a corner of the volume between two placings, in the file's unit. */
static double nifti_apart(const double p[3][4], const double q[3][4], const size_t n[3])
{
    double worst = 0;
    for (int k = 0; k < 8; k++) {
        double d2 = 0;
        for (int c = 0; c < 3; c++) {
            double d = p[c][3] - q[c][3];
            for (int a = 0; a < 3; a++) d += k >> a & 1 ? (p[c][a] - q[c][a]) * (double)(n[a] - 1) : 0;
            d2 += d * d;
        }
        if (d2 > worst) worst = d2;
    }
    return sqrt(worst);
}

/* What does not fit together in the header. */
static lm_status nifti_doubt(const nifti_head *h, const size_t n[3], lm_records *rec, lm_err *err)
{
    char text[200];
    lm_status rc = LM_OK;
    double q[3][4], least = INFINITY;
    for (int a = 0; a < 3 && !rc; a++) {
        double step = sqrt(h->row[0][a] * h->row[0][a] + h->row[1][a] * h->row[1][a] + h->row[2][a] * h->row[2][a]);
        if (step < least) least = step;
        if (n[a] == 1 || !(fabs(step - fabs(h->size[a + 1])) > 0.01 * fabs(h->size[a + 1]))) continue;
        snprintf(text, sizeof text,
                 "axis %d: the sform's step is %.6g and the voxel size %.6g: the sform may lead into a template's "
                 "space, with other lengths than the patient's; it was taken",
                 a, step, fabs(h->size[a + 1]));
        rc = lm_record_note(rec, "warning", NULL, text, err);
    }
    if (h->qform <= 0 || rc) return rc;
    nifti_qform(h, q);
    double apart = nifti_apart(h->row, q, n);
    if (!(apart > 0.5 * least)) return LM_OK;
    snprintf(text, sizeof text,
             "the sform and the qform place the volume up to %.6g apart (half a voxel is %.6g): the sform was taken", apart,
             0.5 * least);
    return lm_record_note(rec, "warning", NULL, text, err);
}

static lm_status nifti_place(const nifti_head *h, const char *axes, lm_vol *v, lm_records *rec, lm_err *err)
{
    double row[3][4] = {{0}}, mm;
    lm_status rc = nifti_unit(h, &mm, rec, err);
    if (rc) return rc;
    if (h->sform > 0) {
        memcpy(row, h->row, sizeof row);
        if ((rc = nifti_doubt(h, v->n, rec, err))) return rc;
    } else if (h->qform > 0) nifti_qform(h, row);
    else if (axes) {
        bool ras = axes[0] == 'R';
        for (int a = 0; a < 3; a++) row[a][a] = (ras || a == 2 ? 1 : -1) * fabs(h->size[a + 1]);
    } else
        return lm_err_set(
            err, LM_ERULE, NULL,
            "the file has neither sform nor qform: which side is left is not known; say --space RAS or --space LPS if "
            "you know the axes of its samples");
    for (int a = 0; a < 3; a++) {
        for (int c = 0; c < 3; c++) v->dir[a][c] = (c < 2 ? -1 : 1) * row[c][a] * mm + 0.0; /* no -0 */
        v->origin[a] = (a < 2 ? -1 : 1) * row[a][3] * mm + 0.0;
    }
    rc = lm_vol_check(v, err);
    return rc ? lm_err_frame(err, "NIfTI header, %s", h->sform > 0 ? "sform" : h->qform > 0 ? "qform" : "pixdim") : LM_OK;
}

/* ---- 3 samples ---- */

static const struct {
    int code, bits;
    lm_type type;
    int wide; /* 64-bit integers: 1 signed, 2 unsigned */
} nifti_types[] = {{2, 8, LM_U8, 0},   {4, 16, LM_I16, 0},   {8, 32, LM_I32, 0},   {16, 32, LM_F32, 0},   {64, 64, LM_F64, 0},
                   {256, 8, LM_I8, 0}, {512, 16, LM_U16, 0}, {768, 32, LM_U32, 0}, {1024, 64, LM_I32, 1}, {1280, 64, LM_U32, 2}};

static lm_status nifti_samples(lm_in *in, const nifti_head *h, lm_vol *v, lm_err *err)
{
    size_t t = 0, types = sizeof nifti_types / sizeof *nifti_types, width;
    while (t < types && nifti_types[t].code != h->datatype) t++;
    if (t == types)
        return lm_err_set(err, LM_ERULE, NULL,
                          "NIfTI datatype %d is no scalar type that is read here (8 to 64-bit integers, float, double)",
                          h->datatype);
    if (h->bits != nifti_types[t].bits)
        return lm_err_set(err, LM_EFORMAT, NULL, "NIfTI header: bitpix is %d, datatype %d has %d", h->bits, h->datatype,
                          nifti_types[t].bits);
    lm_payload s = {.what = "NIfTI"};
    uint32_t crc = 0;
    width = (size_t)h->bits / 8;
    if (!lm_mem_mul(v->n[0], v->n[1], &s.total) || !lm_mem_mul(s.total, v->n[2], &s.total) || !lm_mem_mul(s.total, width, &s.total))
        return lm_err_set(err, LM_ERANGE, NULL, "NIfTI header: no volume has %zu x %zu x %zu samples", v->n[0], v->n[1], v->n[2]);
    uint64_t left = lm_io_size(in) == UINT64_MAX ? UINT64_MAX : lm_io_size(in) - lm_io_tell(in);
    if (left < s.total) return lm_payload_short(&s, (size_t)left, err);
    lm_status rc = lm_payload_read(in, &s, h->big ? width : 1, &crc, err);
    v->type = nifti_types[t].type;
    if (!rc) rc = lm_payload_end(in, &s, err);
    if (!rc && nifti_types[t].wide) rc = lm_payload_narrow(&s, nifti_types[t].wide == 1, &v->type, err);
    v->data = s.p; /* released with the volume on error too */
    return rc;
}

/* Type of slope * stored + inter. */
static lm_status nifti_scaled_type(const nifti_head *h, const lm_vol *v, lm_type *type, lm_err *err)
{
    double lo, hi;
    bool real = v->type == LM_F32 || v->type == LM_F64, small = v->type <= LM_U16;
    *type = v->type == LM_F32 || small ? LM_F32 : LM_F64;
    if (real || h->slope != floor(h->slope) || h->inter != floor(h->inter)) return LM_OK;
    lm_status rc = lm_vol_range(v, &lo, &hi, err);
    if (rc) return rc;
    double a = h->slope * lo + h->inter, b = h->slope * hi + h->inter;
    double least = a < b ? a : b, most = a < b ? b : a;
    if (least >= INT16_MIN && most <= INT16_MAX) *type = LM_I16;
    else if (least >= INT32_MIN && most <= INT32_MAX) *type = LM_I32;
    return LM_OK;
}

static lm_status nifti_scale(const nifti_head *h, lm_vol *v, lm_err *err)
{
    lm_type type;
    if (isnan(h->slope) || h->slope == 0 || (h->slope == 1 && h->inter == 0)) return LM_OK;
    if (!isfinite(h->slope) || !isfinite(h->inter))
        return lm_err_set(err, LM_EFORMAT, NULL, "NIfTI header: scl_slope %g, scl_inter %g: no scale", h->slope, h->inter);
    lm_status rc = nifti_scaled_type(h, v, &type, err);
    if (rc) return rc;
    size_t count = lm_vol_count(v), width = lm_vol_type_size(type);
    unsigned char *to = lm_mem_alloc(count, width, err);
    if (!to) return LM_ENOMEM;
    for (size_t at = 0; at < count; at += NIFTI_BLOCK) {
        double x[NIFTI_BLOCK];
        size_t n = count - at < NIFTI_BLOCK ? count - at : NIFTI_BLOCK;
        lm_vol_row_f64(v, at, n, x);
        for (size_t i = 0; i < n; i++) {
            double y = h->slope * x[i] + h->inter;
            unsigned char *o = to + (at + i) * width;
            if (type == LM_F64) memcpy(o, &y, 8);
            else if (type == LM_F32) lm_putf32(o, (float)y);
            else if (type == LM_I32) lm_put32(o, (uint32_t)(int32_t)y);
            else lm_put16(o, (uint16_t)(int16_t)y);
        }
    }
    free(v->data);
    v->data = to;
    v->type = type;
    return LM_OK;
}

/* ---- 4 reading ---- */

static lm_status nifti_read(lm_in *in, const char *axes, lm_vol *v, lm_records *rec, lm_err *err)
{
    nifti_head h;
    lm_status rc = nifti_header(in, &h, err);
    if (!rc) rc = nifti_sizes(&h, v->n, err);
    if (!rc) rc = nifti_place(&h, axes, v, rec, err);
    if (!rc) rc = nifti_samples(in, &h, v, err);
    return rc ? rc : nifti_scale(&h, v, err);
}

lm_status lm_nifti_read(lm_in *in, const char *axes, lm_vol *vol, lm_records *rec, lm_err *err)
{
    const unsigned char *p;
    size_t got;
    lm_in *packed = NULL;
    lm_vol_release(vol);
    lm_record_release(rec);
    lm_status rc = lm_io_peek(in, 2, &p, &got, err);
    if (!rc && got == 2 && p[0] == 0x1f && p[1] == 0x8b) rc = lm_gzip_open(in, &packed, err);
    if (!rc) rc = nifti_read(packed ? packed : in, axes, vol, rec, err);
    lm_io_close(packed);
    if (!rc) return LM_OK;
    lm_vol_release(vol);
    lm_record_release(rec);
    return rc;
}
