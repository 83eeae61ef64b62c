/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/scan.h"
#include "base/bytes.h"
#include "base/num.h"
#include "dicom/archive.h"
#include "dicom/charset.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum {
    T_TRANSFER,
    T_META_CLASS,
    T_IMAGE_TYPE,
    T_SOP_CLASS,
    T_SOP,
    T_MODALITY,
    T_DESCRIPTION,
    T_THICKNESS,
    T_KVP,
    T_ECHO,
    T_TRIGGER,
    T_DETECTOR,
    T_KERNEL,
    T_B_VALUE,
    T_STUDY,
    T_SERIES,
    T_NUMBER,
    T_ACQUISITION,
    T_INSTANCE,
    T_POSITION,
    T_ORIENTATION,
    T_FRAME,
    T_TEMPORAL_ID,
    T_TEMPORAL,
    T_PHASE,
    T_SAMPLES,
    T_PHOTOMETRIC,
    T_FRAMES,
    T_ROWS,
    T_COLUMNS,
    T_SPACING,
    T_ALLOCATED,
    T_STORED,
    T_HIGH,
    T_SIGNED,
    T_PADDING,
    T_PADDING_LIMIT,
    T_INTERCEPT,
    T_SLOPE,
    T_RESCALE_TYPE,
    T_LOSSY,
    T_LOSSY_RATIO,
    T_CHARSET,
    T_COUNT
};
const uint32_t lm_scan_tags[T_COUNT] = {
    [T_TRANSFER] = 0x00020010,      [T_META_CLASS] = 0x00020002,  [T_IMAGE_TYPE] = 0x00080008,  [T_SOP_CLASS] = 0x00080016,
    [T_SOP] = 0x00080018,           [T_MODALITY] = 0x00080060,    [T_DESCRIPTION] = 0x0008103e, [T_THICKNESS] = 0x00180050,
    [T_KVP] = 0x00180060,           [T_ECHO] = 0x00180086,        [T_TRIGGER] = 0x00181060,     [T_KERNEL] = 0x00181210,
    [T_DETECTOR] = 0x00181164,      [T_B_VALUE] = 0x00189087,     [T_STUDY] = 0x0020000d,       [T_SERIES] = 0x0020000e,
    [T_NUMBER] = 0x00200011,        [T_ACQUISITION] = 0x00200012, [T_INSTANCE] = 0x00200013,    [T_POSITION] = 0x00200032,
    [T_ORIENTATION] = 0x00200037,   [T_FRAME] = 0x00200052,       [T_TEMPORAL_ID] = 0x00200100, [T_TEMPORAL] = 0x00209128,
    [T_PHASE] = 0x00209241,         [T_SAMPLES] = 0x00280002,     [T_PHOTOMETRIC] = 0x00280004, [T_FRAMES] = 0x00280008,
    [T_ROWS] = 0x00280010,          [T_COLUMNS] = 0x00280011,     [T_SPACING] = 0x00280030,     [T_ALLOCATED] = 0x00280100,
    [T_STORED] = 0x00280101,        [T_HIGH] = 0x00280102,        [T_SIGNED] = 0x00280103,      [T_PADDING] = 0x00280120,
    [T_PADDING_LIMIT] = 0x00280121, [T_INTERCEPT] = 0x00281052,   [T_SLOPE] = 0x00281053,       [T_RESCALE_TYPE] = 0x00281054,
    [T_LOSSY] = 0x00282110,         [T_LOSSY_RATIO] = 0x00282112, [T_CHARSET] = 0x00080005,
};
const size_t lm_scan_tag_count = T_COUNT;

/* The index-th of the values that backslashes part, without padding. */
static bool scan_part(const lm_gdcm_value *v, int index, const char **from, const char **to)
{
    if (v->length < 0) return false;
    const char *p = v->bytes, *end = p + (v->length < LM_GDCM_VALUE ? v->length : LM_GDCM_VALUE);
    for (; index > 0; index--) {
        p = memchr(p, '\\', (size_t)(end - p));
        if (!p) return false;
        p++;
    }
    const char *q = memchr(p, '\\', (size_t)(end - p));
    if (!q) q = end;
    while (p < q && (*p == ' ' || !*p)) p++;
    while (q > p && (q[-1] == ' ' || !q[-1])) q--;
    *from = p;
    *to = q;
    return true;
}

static void scan_text(const lm_gdcm_value *v, int index, char *out, size_t cap)
{
    const char *p, *q;
    out[0] = 0;
    if (!scan_part(v, index, &p, &q)) return;
    size_t n = (size_t)(q - p) < cap - 1 ? (size_t)(q - p) : cap - 1;
    memcpy(out, p, n);
    out[n] = 0;
}

void lm_scan_clean(char *text)
{
    for (char *c = text; *c; c++)
        if (!((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || strchr("_-+. /", *c))) *c = '_';
}

static void scan_code(const lm_gdcm_value *v, int index, char *out, size_t cap)
{
    scan_text(v, index, out, cap);
    lm_scan_clean(out);
}

/* A free-text description may hold a backslash under some character sets; it is one value. */
static void scan_free(const lm_gdcm_value *v, const lm_gdcm_value *set, char *out, size_t cap)
{
    size_t n = v->length < 0 ? 0 : v->length < LM_GDCM_VALUE ? (size_t)v->length : LM_GDCM_VALUE;
    size_t n_set = set->length < 0 ? 0 : set->length < LM_GDCM_VALUE ? (size_t)set->length : LM_GDCM_VALUE;
    lm_charset_utf8(set->bytes, n_set, v->bytes, n, false, out, cap);
}

static bool scan_number(const lm_gdcm_value *v, int index, double *out)
{
    const char *p, *q;
    double x;
    if (!scan_part(v, index, &p, &q) || p == q || lm_num_parse(p, q, &x) != q) return false;
    *out = x;
    return true;
}

static bool scan_numbers(const lm_gdcm_value *v, int n, double *out)
{
    double x[8];
    for (int i = 0; i < n; i++)
        if (!scan_number(v, i, &x[i])) return false;
    /* cppcheck-suppress uninitvar; all n were set */
    memcpy(out, x, (size_t)n * sizeof *x);
    return true;
}

static bool scan_integer(const lm_gdcm_value *v, long *out)
{
    double x;
    if (!scan_number(v, 0, &x) || x < -2147483648.0 || x > 2147483647.0 || x != (double)(long)x) return false;
    *out = (long)x;
    return true;
}

static double scan_or_nan(const lm_gdcm_value *v)
{
    double x;
    return scan_number(v, 0, &x) ? x : NAN;
}

static unsigned scan_u16(const lm_gdcm_value *v)
{
    uint16_t x = 0;
    if (v->length >= 2) memcpy(&x, v->bytes, 2);
    return x;
}

static double scan_fd(const lm_gdcm_value *v)
{
    double x = NAN;
    if (v->length == 8) memcpy(&x, v->bytes, 8);
    return isfinite(x) ? x : NAN;
}

static long scan_us_or_ss(const lm_gdcm_value *v, bool is_signed)
{
    unsigned x = scan_u16(v);
    return is_signed ? (long)(int16_t)x : (long)x;
}

/* SOP classes below 1.2.840.10008.5.1.4.1.1 (PS3.4 B.5). */
static const struct {
    const char *suffix;
    lm_dicom_kind kind;
} scan_classes[] = {
    {".1", LM_DICOM_PROJECTION},      {".1.1", LM_DICOM_PROJECTION},    {".1.1.1", LM_DICOM_PROJECTION},
    {".1.2", LM_DICOM_PROJECTION},    {".1.2.1", LM_DICOM_PROJECTION},  {".1.3", LM_DICOM_PROJECTION},
    {".1.3.1", LM_DICOM_PROJECTION},  {".12.1", LM_DICOM_PROJECTION},   {".12.1.1", LM_DICOM_PROJECTION},
    {".12.2", LM_DICOM_PROJECTION},   {".12.2.1", LM_DICOM_PROJECTION}, {".6.1", LM_DICOM_PROJECTION},
    {".3.1", LM_DICOM_PROJECTION},    {".2.1", LM_DICOM_MULTIFRAME},    {".2.2", LM_DICOM_MULTIFRAME},
    {".4.1", LM_DICOM_MULTIFRAME},    {".4.3", LM_DICOM_MULTIFRAME},    {".4.4", LM_DICOM_MULTIFRAME},
    {".128.1", LM_DICOM_MULTIFRAME},  {".130", LM_DICOM_MULTIFRAME},    {".6.2", LM_DICOM_MULTIFRAME},
    {".13.1.1", LM_DICOM_MULTIFRAME}, {".13.1.2", LM_DICOM_MULTIFRAME}, {".13.1.3", LM_DICOM_MULTIFRAME},
    {".66.4", LM_DICOM_SEG},          {".66.7", LM_DICOM_SEG},          {".481.3", LM_DICOM_RTSTRUCT},
};

static const char *scan_suffix(const lm_dicom_file *f)
{
    static const char root[] = "1.2.840.10008.5.1.4.1.1";
    return strncmp(f->sop_class, root, sizeof root - 1) ? "" : f->sop_class + sizeof root - 1;
}

static lm_dicom_kind scan_kind(const lm_dicom_file *f)
{
    static const char *const flat[] = {"CR", "DX", "XA", "MG", "RF", "PX", "IO", "US"};
    const char *suffix = scan_suffix(f);
    for (size_t i = 0; i < sizeof scan_classes / sizeof *scan_classes; i++)
        if (!strcmp(suffix, scan_classes[i].suffix)) return scan_classes[i].kind;
    if (!f->rows || !f->columns) return LM_DICOM_OTHER;
    if (f->frames > 1) return LM_DICOM_MULTIFRAME;
    for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
        if (!strcmp(f->modality, flat[i])) return LM_DICOM_PROJECTION;
    return LM_DICOM_SLICE;
}

bool lm_scan_is_image(const lm_dicom_file *f)
{
    static const char *const plain[] = {".2", ".4", ".128", ".20", ".7"}; /* CT, MR, PET, NM, secondary capture */
    if (f->kind == LM_DICOM_PROJECTION || f->kind == LM_DICOM_MULTIFRAME) return true;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!strcmp(scan_suffix(f), plain[i])) return true;
    return false;
}

/* Lossy when the file says so, or by a transfer syntax that is always or mostly so. */
static bool scan_lossy(const lm_gdcm_value *flag, const char *transfer)
{
    static const char *const always[] = {".50", ".51", ".53", ".55", ".81", ".91", ".203"};
    char text[4];
    scan_text(flag, 0, text, sizeof text);
    if (!strcmp(text, "01")) return true;
    static const char root[] = "1.2.840.10008.1.2.4";
    if (strncmp(transfer, root, sizeof root - 1)) return false;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (!strcmp(transfer + sizeof root - 1, always[i])) return true;
    return false;
}

void lm_scan_parse(const lm_gdcm_value *v, lm_dicom_file *f)
{
    memset(f, 0, sizeof *f);
    scan_text(&v[T_TRANSFER], 0, f->transfer, LM_UID);
    scan_text(&v[T_SOP_CLASS], 0, f->sop_class, LM_UID);
    if (!f->sop_class[0]) scan_text(&v[T_META_CLASS], 0, f->sop_class, LM_UID);
    scan_text(&v[T_SOP], 0, f->sop, LM_UID);
    scan_text(&v[T_SERIES], 0, f->series, LM_UID);
    scan_text(&v[T_STUDY], 0, f->study, LM_UID);
    scan_text(&v[T_FRAME], 0, f->frame, LM_UID);
    scan_code(&v[T_MODALITY], 0, f->modality, sizeof f->modality);
    scan_code(&v[T_PHOTOMETRIC], 0, f->photometric, sizeof f->photometric);
    scan_code(&v[T_RESCALE_TYPE], 0, f->rescale_type, sizeof f->rescale_type);
    scan_code(&v[T_KERNEL], 0, f->kernel, sizeof f->kernel);
    scan_code(&v[T_IMAGE_TYPE], 2, f->image_type3, sizeof f->image_type3);
    scan_code(&v[T_IMAGE_TYPE], 3, f->image_type4, sizeof f->image_type4);
    scan_code(&v[T_LOSSY_RATIO], 0, f->lossy_ratio, sizeof f->lossy_ratio);
    scan_free(&v[T_DESCRIPTION], &v[T_CHARSET], f->description, sizeof f->description);
    f->has_number = scan_integer(&v[T_NUMBER], &f->number);
    f->has_instance = scan_integer(&v[T_INSTANCE], &f->instance);
    f->rows = scan_u16(&v[T_ROWS]);
    f->columns = scan_u16(&v[T_COLUMNS]);
    f->samples = v[T_SAMPLES].length < 0 ? 1 : scan_u16(&v[T_SAMPLES]);
    long frames = 1;
    f->frames = scan_integer(&v[T_FRAMES], &frames) && frames > 0 ? (unsigned)frames : 1;
    f->bits_allocated = scan_u16(&v[T_ALLOCATED]);
    f->bits_stored = scan_u16(&v[T_STORED]);
    f->high_bit = v[T_HIGH].length < 0 ? f->bits_stored - 1 : scan_u16(&v[T_HIGH]);
    f->is_signed = scan_u16(&v[T_SIGNED]) == 1;
    f->has_position = scan_numbers(&v[T_POSITION], 3, f->position);
    f->has_orientation = scan_numbers(&v[T_ORIENTATION], 6, f->orientation);
    f->has_spacing = scan_numbers(&v[T_SPACING], 2, f->spacing);
    f->has_detector_spacing = scan_numbers(&v[T_DETECTOR], 2, f->detector_spacing);
    if (!scan_number(&v[T_THICKNESS], 0, &f->thickness) || f->thickness < 0) f->thickness = 0;
    if (!scan_number(&v[T_KVP], 0, &f->kvp) || f->kvp < 0) f->kvp = 0;
    f->slope = 1;
    f->has_rescale = scan_number(&v[T_INTERCEPT], 0, &f->intercept);
    f->has_rescale = scan_number(&v[T_SLOPE], 0, &f->slope) && f->has_rescale;
    if (v[T_PADDING].length >= 2) {
        long a = scan_us_or_ss(&v[T_PADDING], f->is_signed), b = a;
        if (v[T_PADDING_LIMIT].length >= 2) b = scan_us_or_ss(&v[T_PADDING_LIMIT], f->is_signed);
        f->has_padding = true;
        f->padding[0] = a < b ? a : b;
        f->padding[1] = a < b ? b : a;
    }
    f->lossy = scan_lossy(&v[T_LOSSY], f->transfer);
    f->temporal = scan_or_nan(&v[T_TEMPORAL_ID]);
    if (isnan(f->temporal) && v[T_TEMPORAL].length >= 4) {
        uint32_t t;
        memcpy(&t, v[T_TEMPORAL].bytes, 4);
        f->temporal = t;
    }
    f->echo = scan_or_nan(&v[T_ECHO]);
    f->phase = scan_fd(&v[T_PHASE]);
    f->trigger = scan_or_nan(&v[T_TRIGGER]);
    f->b_value = scan_fd(&v[T_B_VALUE]);
    f->acquisition = scan_or_nan(&v[T_ACQUISITION]);
    f->kind = scan_kind(f);
    f->state = LM_SCAN_DICOM;
}

enum { SCAN_HEAD = 4096 };

/* Is it DICOM at all? "DICM" behind the preamble; or, without preamble, a first element of group 0002 or 0008 with a
 * plausible length or VR (STANDARDS 2 knows such files). GDCM alone would take a text file for an empty data set. */
static bool scan_sniff(const unsigned char *b, size_t n)
{
    if (n >= 132 && !memcmp(b + 128, "DICM", 4)) return true;
    if (n < 16) return false;
    bool little = (b[0] == 2 || b[0] == 8) && !b[1] && !b[3] && b[2] <= 0x18;
    bool big = !b[0] && (b[1] == 2 || b[1] == 8) && !b[2] && b[3] <= 0x18;
    bool vr = b[4] >= 'A' && b[4] <= 'Z' && b[5] >= 'A' && b[5] <= 'Z';
    bool shrt = b[4] <= 64 && !b[5] && !b[6] && !b[7]; /* implicit: the length */
    return (little && (vr || shrt)) || (big && vr);
}

/* The file meta information (explicit, little-endian in every file): class and transfer syntax, for files whose data set
 * GDCM cannot read. */
static void scan_meta(const unsigned char *b, size_t n, lm_dicom_file *f)
{
    for (size_t at = 132; at + 12 <= n && lm_get16(b + at) == 2;) {
        bool wide = !memcmp(b + at + 4, "OB", 2) || !memcmp(b + at + 4, "UN", 2);
        size_t head = wide ? 12 : 8, length = wide ? lm_get32(b + at + 8) : lm_get16(b + at + 6);
        unsigned element = lm_get16(b + at + 2);
        if (length > n - at - head) return;
        lm_gdcm_value v = {.length = length < LM_GDCM_VALUE ? (int)length : LM_GDCM_VALUE};
        memcpy(v.bytes, b + at + head, (size_t)v.length);
        if (element == 0x0002) scan_text(&v, 0, f->sop_class, LM_UID);
        if (element == 0x0010) scan_text(&v, 0, f->transfer, LM_UID);
        at += head + length;
    }
}

/* Its first bytes; -1 when it cannot be read. */
static ssize_t scan_head(const lm_gdcm_file *from, unsigned char b[SCAN_HEAD])
{
    size_t k = from->n < SCAN_HEAD ? from->n : SCAN_HEAD;
    if (from->p) {
        memcpy(b, from->p, k);
        return (ssize_t)k;
    }
    int fd = open(from->path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : pread(fd, b, SCAN_HEAD, 0);
    if (fd >= 0) close(fd);
    return n;
}

void lm_scan_file(const lm_gdcm_file *from, lm_dicom_file *f)
{
    lm_gdcm_value v[T_COUNT];
    unsigned char b[SCAN_HEAD];
    memset(f, 0, sizeof *f);
    ssize_t n = scan_head(from, b);
    f->state = n < 0                            ? LM_SCAN_UNREADABLE
               : scan_sniff(b, (size_t)n)       ? LM_SCAN_DICOM
               : lm_archive_sniff(b, (size_t)n) ? LM_SCAN_ARCHIVE
                                                : LM_SCAN_FOREIGN;
    if (f->state != LM_SCAN_DICOM) return;
    scan_meta(b, (size_t)n, f);
    if (f->transfer[0] && !lm_gdcm_knows(f->transfer)) {
        f->state = LM_SCAN_SYNTAX;
        f->kind = scan_kind(f);
        return;
    }
    int rc = lm_gdcm_header(from, !strcmp(f->transfer, "1.2.840.10008.1.2.1.99"), lm_scan_tags, T_COUNT, v);
    if (rc == LM_GDCM_OK) lm_scan_parse(v, f);
    else f->state = rc == LM_GDCM_MEMORY ? LM_SCAN_MEMORY : LM_SCAN_DAMAGED;
    /* A header that was cut between two elements reads well: what every image has must be there. */
    if (f->state == LM_SCAN_DICOM && !(f->rows && f->columns) && (!f->sop_class[0] || lm_scan_is_image(f)))
        f->state = LM_SCAN_DAMAGED;
}
