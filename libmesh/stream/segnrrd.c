/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/segnrrd.h"
#include "base/mem.h"
#include "base/num.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGNRRD_CONTEXT "Segmentation category and type - 3D Slicer General Anatomy list"
#define SEGNRRD_ANATOMY "Anatomic codes - DICOM master list"

/* ---- colours of their own ---- */

/* A colour for a number: hues that lie far apart for neighbours (steps by the golden section), two shades. */
static void segnrrd_palette(uint32_t label, uint8_t rgb[3])
{
    double turn = (double)(label % 100000) * 0.6180339887498949, hue = 6 * (turn - floor(turn)), top = label & 1 ? 0.9 : 0.75;
    for (int c = 0; c < 3; c++) {
        double x = hue + (c == 0 ? 0 : c == 1 ? 4 : 2), d; /* distance from the channel's full hue: 0 red, 2 green, 4 blue */
        if (x >= 6) x -= 6;
        d = x < 3 ? x : 6 - x;
        double full = d <= 1 ? 1 : d >= 2 ? 0 : 2 - d;
        rgb[c] = (uint8_t)(255 * top * (0.35 + 0.65 * full) + 0.5);
    }
}

/* ---- reading ---- */

/* One segment while its keys come in, in any order. */
typedef struct {
    size_t index; /* N of SegmentN_ */
    const char *name, *label, *layer, *color, *tags;
} segnrrd_keys;

/* "Segment12_Name": 12 and what follows; false for "Segmentation_..." and other keys. */
static bool segnrrd_split(const char *key, size_t *index, const char **field)
{
    char digits[8];
    size_t n = strspn(key + 7, "0123456789");
    if (!n || n >= sizeof digits || key[7 + n] != '_') return false;
    memcpy(digits, key + 7, n);
    digits[n] = 0;
    *field = key + 7 + n + 1;
    return lm_num_size(digits, LM_REGIONS_MAX - 1, index);
}

static lm_status segnrrd_collect(const lm_nrrd_head *h, segnrrd_keys **ret, size_t *n, lm_err *err)
{
    size_t cap = 0, index, *place = lm_mem_calloc(LM_REGIONS_MAX, sizeof *place, err); /* 1 + where in *ret */
    lm_status rc = place ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < h->keys && !rc; i++) {
        const char *field;
        if (!segnrrd_split(h->key[i].name, &index, &field)) continue;
        if (!place[index]) {
            if ((rc = lm_mem_grow(ret, &cap, *n + 1, sizeof **ret, err))) break;
            (*ret)[*n] = (segnrrd_keys){.index = index};
            place[index] = ++*n;
        }
        segnrrd_keys *s = *ret + place[index] - 1;
        const char **to = !strcmp(field, "Name")         ? &s->name
                          : !strcmp(field, "LabelValue") ? &s->label
                          : !strcmp(field, "Layer")      ? &s->layer
                          : !strcmp(field, "Color")      ? &s->color
                          : !strcmp(field, "Tags")       ? &s->tags
                                                         : NULL;
        if (to && *to) rc = lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: 'Segment%zu_%s' stands twice", index, field);
        else if (to) *to = h->key[i].value;
    }
    free(place);
    return rc;
}

/* Part number `at` of the text between separators; *n its length; NULL: there are fewer. */
static const char *segnrrd_field(const char *s, const char *end, char separator, int at, size_t *n)
{
    for (;; s++) {
        const char *e = memchr(s, separator, (size_t)(end - s));
        if (!at-- || !e) {
            if (at >= 0) return NULL;
            *n = (size_t)((e ? e : end) - s);
            return s;
        }
        s = e;
    }
}

static void segnrrd_copy(char *to, size_t cap, const char *from, size_t n)
{
    char clean[LM_PART_NAME];
    lm_parts_clean(from, n, clean);
    snprintf(to, cap, "%.*s", (int)(cap - 1), clean);
}

/* "...|TerminologyEntry:CONTEXT~CATEGORY~TYPE~...|...", CATEGORY and TYPE "SCHEME^CODE^MEANING". Slicer writes tissue of type
 * tissue where nothing is known. */
static void segnrrd_terms(const char *tags, lm_region *r)
{
    static const char key[] = "TerminologyEntry:";
    const char *entry = strstr(tags, key);
    if (!entry) return;
    entry += sizeof key - 1;
    const char *end = entry + strcspn(entry, "|");
    size_t category_n = 0, type_n = 0, n;
    const char *category = segnrrd_field(entry, end, '~', 1, &category_n), *type = segnrrd_field(entry, end, '~', 2, &type_n);
    if (!type || (category_n == type_n && !memcmp(category, type, type_n))) return;
    char *const to[3] = {r->scheme, r->code, r->meaning};
    static const size_t cap[3] = {sizeof r->scheme, sizeof r->code, sizeof r->meaning};
    for (int i = 0; i < 3; i++) {
        const char *s = segnrrd_field(type, type + type_n, '^', i, &n);
        if (s) segnrrd_copy(to[i], cap[i], s, n);
    }
}

static bool segnrrd_color(const char *text, lm_part *p)
{
    const char *s = text, *end = text + strlen(text);
    for (int c = 0; c < 3; c++) {
        double v;
        while (*s == ' ') s++;
        if (!(s = lm_num_parse(s, end, &v)) || !(v >= 0 && v <= 1)) return false;
        p->rgb[c] = (uint8_t)(v * 255 + 0.5);
    }
    return p->has_rgb = !*s || *s == ' ';
}

static lm_status segnrrd_item(const lm_nrrd_head *h, const segnrrd_keys *k, lm_segnrrd_item *out, lm_err *err)
{
    size_t value = 1, layer = h->layers > 1 ? k->index : 0;
    *out = (lm_segnrrd_item){.region = {.n_runs = 0}};
    if (k->label && (!lm_num_size(k->label, UINT32_MAX, &value) || !value))
        return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: 'Segment%zu_LabelValue:=%.40s' is no label", k->index, k->label);
    if (k->layer && !lm_num_size(k->layer, SIZE_MAX, &layer)) layer = h->layers;
    if (layer >= h->layers)
        return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: 'Segment%zu_Layer' is none of the %zu layers of the file", k->index,
                          h->layers);
    if (k->color && !segnrrd_color(k->color, &out->region.part))
        return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: 'Segment%zu_Color:=%.40s' is no colour", k->index, k->color);
    if (k->name) lm_parts_clean(k->name, strlen(k->name), out->region.part.name);
    if (k->tags) segnrrd_terms(k->tags, &out->region);
    uint8_t own[3];
    segnrrd_palette((uint32_t)value, own);
    if (!memcmp(own, out->region.part.rgb, sizeof own)) out->region.part.has_rgb = false; /* it was given none */
    out->layer = layer;
    out->value = (uint32_t)value;
    out->region.part.label = (uint32_t)k->index + 1;
    return LM_OK;
}

static int segnrrd_by_layer(const void *a, const void *b)
{
    const lm_segnrrd_item *x = a, *y = b;
    return x->layer != y->layer ? (x->layer < y->layer ? -1 : 1) : x->value < y->value ? -1 : x->value > y->value;
}

static int segnrrd_by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Number the segments by their values, if no two layers use the same. */
static lm_status segnrrd_number(lm_segnrrd *s, lm_err *err)
{
    bool unique = true;
    uint32_t *v = lm_mem_alloc(s->n, sizeof *v, err);
    if (!v) return LM_ENOMEM;
    for (size_t i = 0; i < s->n; i++) v[i] = s->item[i].value;
    qsort(v, s->n, sizeof *v, segnrrd_by_value);
    for (size_t i = 1; i < s->n; i++) unique &= v[i] != v[i - 1];
    for (size_t i = 0; i < s->n && unique; i++) s->item[i].region.part.label = s->item[i].value;
    free(v);
    return LM_OK;
}

lm_status lm_segnrrd_parse(const lm_nrrd_head *h, lm_segnrrd *out, lm_err *err)
{
    segnrrd_keys *k = NULL;
    size_t n = 0;
    *out = (lm_segnrrd)LM_SEGNRRD_INIT;
    if (!h->keys) return LM_OK;
    lm_status rc = segnrrd_collect(h, &k, &n, err);
    if (!rc && !(out->item = lm_mem_alloc(n, sizeof *out->item, err))) rc = LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++)
        if (!(rc = segnrrd_item(h, &k[i], &out->item[i], err))) out->n++;
    free(k);
    if (!rc && out->n) {
        qsort(out->item, out->n, sizeof *out->item, segnrrd_by_layer);
        for (size_t i = 1; i < out->n && !rc; i++)
            if (!segnrrd_by_layer(&out->item[i - 1], &out->item[i]))
                rc = lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: two segments share the label %" PRIu32 " of layer %zu",
                                out->item[i].value, out->item[i].layer);
        if (!rc) rc = segnrrd_number(out, err);
    }
    if (rc) lm_segnrrd_release(out);
    return rc;
}

void lm_segnrrd_release(lm_segnrrd *s)
{
    free(s->item);
    *s = (lm_segnrrd)LM_SEGNRRD_INIT;
}

/* ---- writing ---- */

/* A value of a key: backslashes doubled; names have no line ends. */
static void segnrrd_text(lm_out *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '\\') lm_io_write(out, s, 1);
        lm_io_write(out, s, 1);
    }
}

static const lm_region *segnrrd_of(const lm_regions *terms, uint32_t label)
{
    for (size_t i = 0; terms && i < terms->count; i++)
        if (terms->item[i].part.label == label && terms->item[i].code[0]) return &terms->item[i];
    return NULL;
}

/* The parts of a term: what separates them in the tag cannot stand in them. */
static void segnrrd_term(lm_out *out, const char *s)
{
    for (; *s; s++) lm_io_write(out, strchr("^~|", *s) ? " " : s, 1);
}

static void segnrrd_put_tags(lm_out *out, size_t i, const lm_region *r)
{
    lm_io_printf(out, "Segment%zu_Tags:=TerminologyEntry:" SEGNRRD_CONTEXT "~", i);
    if (!r) lm_io_printf(out, "SCT^85756007^Tissue~SCT^85756007^Tissue");
    else {
        lm_io_printf(out, "SCT^91723000^Anatomical Structure~");
        segnrrd_term(out, r->scheme);
        lm_io_write(out, "^", 1);
        segnrrd_term(out, r->code);
        lm_io_write(out, "^", 1);
        segnrrd_term(out, r->meaning);
    }
    lm_io_printf(out, "~^^~" SEGNRRD_ANATOMY "~^^~^^|\n");
}

void lm_segnrrd_put(lm_out *out, const size_t n[3], const lm_parts *parts, const lm_regions *terms)
{
    lm_io_printf(out, "Segmentation_ContainedRepresentationNames:=Binary labelmap|\n"
                      "Segmentation_ConversionParameters:=\n"
                      "Segmentation_MasterRepresentation:=Binary labelmap\n"
                      "Segmentation_SourceRepresentation:=Binary labelmap\n"
                      "Segmentation_ReferenceImageExtentOffset:=0 0 0\n");
    for (size_t i = 0; i < parts->n; i++) {
        const lm_part *p = &parts->item[i];
        char name[LM_PART_NAME], num[3][LM_NUM_TEXT];
        uint8_t rgb[3];
        if (p->has_rgb) memcpy(rgb, p->rgb, sizeof rgb);
        else segnrrd_palette(p->label, rgb);
        for (int c = 0; c < 3; c++) lm_num_f32((float)rgb[c] / 255, num[c]);
        lm_io_printf(out, "Segment%zu_ID:=Segment_%" PRIu32 "\nSegment%zu_Name:=", i, p->label, i);
        segnrrd_text(out, lm_parts_name(parts, p->label, name));
        lm_io_printf(out,
                     "\nSegment%zu_NameAutoGenerated:=%d\nSegment%zu_Color:=%s %s %s\nSegment%zu_ColorAutoGenerated:=%d\n"
                     "Segment%zu_LabelValue:=%" PRIu32 "\nSegment%zu_Layer:=0\nSegment%zu_Extent:=0 %zu 0 %zu 0 %zu\n",
                     i, !p->name[0], i, num[0], num[1], num[2], i, !p->has_rgb, i, p->label, i, i, n[0] - 1, n[1] - 1, n[2] - 1);
        segnrrd_put_tags(out, i, segnrrd_of(terms, p->label));
    }
}
