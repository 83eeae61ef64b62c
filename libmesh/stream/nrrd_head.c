/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 names and numbers, 2 header fields, 3 keys, 4 the header */
#include "stream/nrrd_head.h"
#include "base/mem.h"
#include "base/num.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A record is at most LM_RECORD_BYTES of ASCII, at worst all backslashes that a key/value line doubles. */
enum { NRRD_LINE = 2 * LM_RECORD_BYTES + 256, NRRD_HEADER = 64 << 20 };

enum {
    NRRD_TYPE = 1,
    NRRD_DIMENSION = 2,
    NRRD_SIZES = 4,
    NRRD_ENDIAN = 8,
    NRRD_ENCODING = 16,
    NRRD_SPACE = 32,
    NRRD_DIRECTIONS = 64,
    NRRD_ORIGIN = 128,
    NRRD_SPACINGS = 256
};

typedef lm_nrrd_head nrrd_head;

/* ---- 1 names and numbers ---- */

/* Every name that NRRD has for the types that are read. */
static const char *const nrrd_types[] = {
    [LM_I8] = "|signed char|int8|int8_t|",
    [LM_U8] = "|unsigned char|uchar|uint8|uint8_t|",
    [LM_I16] = "|short|short int|signed short|signed short int|int16|int16_t|",
    [LM_U16] = "|unsigned short|ushort|unsigned short int|uint16|uint16_t|",
    [LM_I32] = "|int|signed int|int32|int32_t|",
    [LM_U32] = "|unsigned int|uint|uint32|uint32_t|",
    [LM_F32] = "|float|",
    [LM_F64] = "|double|",
};

/* Is word one of the names in list, "|a|b|"? */
static bool nrrd_among(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *s = list; n && (s = strstr(s, word)); s++)
        if (s > list && s[-1] == '|' && s[n] == '|') return true;
    return false;
}

/* Letters of a space name to LPS: R and A mean the axis runs the other way. */
static const struct {
    const char *name, *brief;
    double sign[3];
} nrrd_spaces[] = {
    {"left-posterior-superior", "lps", {1, 1, 1}},
    {"right-anterior-superior", "ras", {-1, -1, 1}},
    {"left-anterior-superior", "las", {1, -1, 1}},
};

static lm_status nrrd_bad(lm_err *err, const char *field, const char *value, const char *why)
{
    return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header, '%s: %.80s': %s", field, value, why);
}

static const char *nrrd_blank(const char *s)
{
    while (*s == ' ' || *s == '\t') s++;
    return s;
}

/* "(a,b,c)" into v; returns what follows, or NULL. */
static const char *nrrd_vector(const char *s, double v[3])
{
    const char *end = s + strlen(s);
    s = nrrd_blank(s);
    if (*s++ != '(') return NULL;
    for (int c = 0; c < 3; c++) {
        s = lm_num_parse(nrrd_blank(s), end, &v[c]);
        if (!s) return NULL;
        s = nrrd_blank(s);
        if (*s++ != (c < 2 ? ',' : ')')) return NULL;
    }
    return nrrd_blank(s);
}

/* ---- 2 header fields; value is lower-case where case has no meaning ---- */

static lm_status nrrd_type(nrrd_head *h, const char *value, lm_err *err)
{
    for (h->vol.type = LM_I8; h->vol.type <= LM_F64; h->vol.type++)
        if (nrrd_among(nrrd_types[h->vol.type], value)) return LM_OK;
    h->wide = nrrd_among("|longlong|long long|long long int|signed long long|signed long long int|int64|int64_t|", value) ? 1
              : nrrd_among("|ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t|", value)                ? 2
                                                                                                                          : 0;
    h->vol.type = h->wide == 1 ? LM_I32 : LM_U32;
    return h->wide ? LM_OK : nrrd_bad(err, "type", value, "no scalar type that is read here (8 to 64-bit integers, float, double)");
}

static lm_status nrrd_dimension(nrrd_head *h, const char *value, lm_err *err)
{
    h->dimension = strlen(value) == 1 ? value[0] - '0' : 0; /* 2 is an image, 4 are layers, if they say so */
    return h->dimension < 2 || h->dimension > 4
               ? nrrd_bad(err, "dimension", value, "a volume has dimension 3: pick one component or time step")
               : LM_OK;
}

static lm_status nrrd_sizes(nrrd_head *h, const char *value, lm_err *err)
{
    char word[24];
    const char *s = nrrd_blank(value);
    size_t *axis[4] = {&h->layers, &h->vol.n[0], &h->vol.n[1], &h->vol.n[2]};
    h->vol.n[2] = 1;
    for (int a = h->dimension == 4 ? 0 : 1; a <= (h->dimension == 2 ? 2 : 3); a++) {
        size_t n = strcspn(s, " \t");
        if (n >= sizeof word) return nrrd_bad(err, "sizes", value, "a count for each dimension is needed");
        memcpy(word, s, n);
        word[n] = 0;
        if (!lm_num_size(word, SIZE_MAX, axis[a]) || !*axis[a])
            return nrrd_bad(err, "sizes", value, "a count of at least 1 for each dimension is needed");
        s = nrrd_blank(s + n);
    }
    return *s ? nrrd_bad(err, "sizes", value, "more counts than dimensions") : LM_OK;
}

/* Of an image; a volume's lie in its directions. */
static lm_status nrrd_spacings(nrrd_head *h, const char *value, lm_err *err)
{
    const char *s = value, *end = value + strlen(value);
    if (h->dimension != 2) return LM_OK;
    for (int a = 0; a < 2; a++) {
        s = lm_num_parse(nrrd_blank(s), end, &h->vol.dir[a][a]);
        if (!s || !(h->vol.dir[a][a] > 0)) return nrrd_bad(err, "spacings", value, "two lengths greater than 0 are needed");
    }
    return *nrrd_blank(s) ? nrrd_bad(err, "spacings", value, "two lengths are needed") : LM_OK;
}

static lm_status nrrd_endian(nrrd_head *h, const char *value, lm_err *err)
{
    h->big = !strcmp(value, "big");
    return h->big || !strcmp(value, "little") ? LM_OK : nrrd_bad(err, "endian", value, "neither little nor big");
}

static lm_status nrrd_encode(nrrd_head *h, const char *value, lm_err *err)
{
    static const struct {
        const char *name;
        lm_nrrd_encoding encoding;
    } names[] = {{"raw", LM_NRRD_RAW},   {"gzip", LM_NRRD_GZIP}, {"gz", LM_NRRD_GZIP},
                 {"text", LM_NRRD_TEXT}, {"txt", LM_NRRD_TEXT},  {"ascii", LM_NRRD_TEXT}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(value, names[i].name)) {
            h->encoding = names[i].encoding;
            return LM_OK;
        }
    return nrrd_bad(err, "encoding", value, "read here are raw, gzip and text");
}

static lm_status nrrd_space(nrrd_head *h, const char *value, lm_err *err)
{
    for (size_t i = 0; i < sizeof nrrd_spaces / sizeof *nrrd_spaces; i++)
        if (!strcmp(value, nrrd_spaces[i].name) || !strcmp(value, nrrd_spaces[i].brief)) {
            h->sign = nrrd_spaces[i].sign;
            return LM_OK;
        }
    return nrrd_bad(err, "space", value,
                    "left and right are known only for left-posterior-superior, right-anterior-superior and "
                    "left-anterior-superior");
}

static lm_status nrrd_directions(nrrd_head *h, const char *value, lm_err *err)
{
    const char *s = nrrd_blank(value);
    if (h->dimension == 4) {
        if (strncmp(s, "none ", 5))
            return nrrd_bad(err, "space directions", value, "of four dimensions the first must be a list of layers, with 'none'");
        s += 5;
    }
    if (strstr(s, "none")) return nrrd_bad(err, "space directions", value, "an axis that is none has no place in a volume");
    for (int a = 0; a < 3 && s; a++) s = nrrd_vector(s, h->vol.dir[a]);
    return s && !*s ? LM_OK : nrrd_bad(err, "space directions", value, "three vectors (x,y,z) of finite numbers are needed");
}

static lm_status nrrd_origin(nrrd_head *h, const char *value, lm_err *err)
{
    const char *s = nrrd_vector(value, h->vol.origin);
    return s && !*s ? LM_OK : nrrd_bad(err, "space origin", value, "one vector (x,y,z) of finite numbers is needed");
}

static lm_status nrrd_units(nrrd_head *h, const char *value, lm_err *err)
{
    (void)h;
    const char *s = nrrd_blank(value);
    while (*s) {
        const char *e = *s == '"' ? strchr(s + 1, '"') : NULL;
        if (!e) return nrrd_bad(err, "space units", value, "quoted names are needed");
        size_t n = (size_t)(e - s - 1);
        if (n && strncmp(s + 1, "mm", n > 2 ? n : 2) && strncmp(s + 1, "millimeter", n > 10 ? n : 10))
            return nrrd_bad(err, "space units", value, "millimetres are needed");
        s = nrrd_blank(e + 1);
    }
    return LM_OK;
}

static lm_status nrrd_detached(nrrd_head *h, const char *value, lm_err *err)
{
    (void)h, (void)value; /* may name a path: not repeated */
    return lm_err_set(err, LM_EFORMAT, NULL,
                      "NRRD header: 'data file' puts the samples into another file: attach them (unu save -f nrrd)");
}

static lm_status nrrd_skip(nrrd_head *h, const char *value, lm_err *err)
{
    (void)h;
    return strcmp(value, "0") ? nrrd_bad(err, "line/byte skip", value, "skipping is not read: save as plain NRRD") : LM_OK;
}

/* Names without spaces and in lower case; 'bit' marks the fields that count and may stand only once. */
static const struct {
    const char *name;
    unsigned bit;
    lm_status (*set)(nrrd_head *h, const char *value, lm_err *err);
} nrrd_fields[] = {
    {"type", NRRD_TYPE, nrrd_type},
    {"dimension", NRRD_DIMENSION, nrrd_dimension},
    {"sizes", NRRD_SIZES, nrrd_sizes},
    {"endian", NRRD_ENDIAN, nrrd_endian},
    {"encoding", NRRD_ENCODING, nrrd_encode},
    {"space", NRRD_SPACE, nrrd_space},
    {"spacedirections", NRRD_DIRECTIONS, nrrd_directions},
    {"spaceorigin", NRRD_ORIGIN, nrrd_origin},
    {"spaceunits", 0, nrrd_units},
    {"spacings", NRRD_SPACINGS, nrrd_spacings},
    {"datafile", 0, nrrd_detached},
    {"lineskip", 0, nrrd_skip},
    {"byteskip", 0, nrrd_skip},
};
/* These change neither a sample nor its place. */
static const char nrrd_ignored[] = "|content|kinds|centers|centerings|labels|units|thicknesses|axismins|axismaxs|min|max|"
                                   "oldmin|oldmax|number|sampleunits|measurementframe|spacedimension|blocksize|";

/* *known: the text before the colon is a field's name. */
static lm_status nrrd_field(nrrd_head *h, const char *line, size_t colon, bool *known, lm_err *err)
{
    char name[24];
    size_t n = 0, i = 0, fields = sizeof nrrd_fields / sizeof *nrrd_fields;
    for (size_t k = 0; k < colon && n < sizeof name - 1; k++)
        if (line[k] != ' ') name[n++] = (char)tolower((unsigned char)line[k]);
    name[n] = 0;
    while (i < fields && strcmp(name, nrrd_fields[i].name)) i++;
    *known = i < fields || nrrd_among(nrrd_ignored, name);
    if (i == fields) return LM_OK;
    if (h->seen & nrrd_fields[i].bit)
        return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: '%s' stands twice", nrrd_fields[i].name);
    h->seen |= nrrd_fields[i].bit;
    char value[1024];
    const char *s = nrrd_blank(line + colon + 1);
    size_t len = strlen(s);
    while (len && (s[len - 1] == ' ' || s[len - 1] == '\t')) len--;
    if (len >= sizeof value) return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: '%s' has %zu characters", name, len);
    for (size_t k = 0; k < len; k++) value[k] = (char)tolower((unsigned char)s[k]);
    value[len] = 0;
    return nrrd_fields[i].set(h, value, err);
}

/* ---- 3 keys ---- */

/* Undo \n and \\ in place; returns the length. */
static size_t nrrd_unescape(char *s)
{
    char *o = s;
    for (const char *p = s; *p; p++) {
        if (*p == '\\' && (p[1] == 'n' || p[1] == '\\')) *o++ = *++p == 'n' ? '\n' : '\\';
        else *o++ = *p;
    }
    *o = 0;
    return (size_t)(o - s);
}

/* Records by their number, since programs that rewrite a header sort its keys as they like. */
static lm_status nrrd_record(const char *number, const char *text, size_t len, lm_records *rec, lm_err *err)
{
    size_t i;
    if (!lm_num_size(number, LM_RECORDS_MAX, &i) || i == 0)
        return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: 'meshqa_record_%.20s': records are numbered 1 to %d", number,
                          (int)LM_RECORDS_MAX);
    if (rec->item[i - 1]) return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: meshqa_record_%zu stands twice", i);
    lm_status rc = lm_record_parse(text, len, &rec->item[i - 1], err);
    if (rc) return lm_err_frame(err, "meshqa_record_%zu", i);
    rec->n++;
    return LM_OK;
}

/* Of a segmentation: what it means stands in segnrrd.c. */
static lm_status nrrd_keep(nrrd_head *h, const char *name, const char *value, size_t len, lm_err *err)
{
    size_t n = strlen(name);
    lm_status rc = lm_mem_grow(&h->key, &h->cap, h->keys + 1, sizeof *h->key, err);
    if (rc) return rc;
    char *p = lm_mem_alloc(n + len + 2, 1, err);
    if (!p) return LM_ENOMEM;
    memcpy(p, name, n + 1);
    memcpy(p + n + 1, value, len + 1);
    h->key[h->keys++] = (lm_nrrd_key){p, p + n + 1};
    return LM_OK;
}

static lm_status nrrd_key(nrrd_head *h, const char *key, char *value, lm_records *rec, lm_err *err)
{
    size_t v = 0, len = nrrd_unescape(value);
    if (!strncmp(key, "Segment", 7)) return nrrd_keep(h, key, value, len, err);
    if (!strncmp(key, "meshqa_record_", 14)) return nrrd_record(key + 14, value, len, rec, err);
    bool ok = true, again = false;
    if (!strcmp(key, "meshqa_iso")) {
        again = h->vol.has_iso;
        ok = h->vol.has_iso = lm_num_all(value, &h->vol.iso);
    } else if (!strcmp(key, "meshqa_bytes")) {
        again = h->said.has_bytes;
        ok = h->said.has_bytes = lm_num_size(value, SIZE_MAX, &v);
        h->said.bytes = v;
    } else if (!strcmp(key, "meshqa_crc32")) {
        again = h->said.has_crc;
        ok = h->said.has_crc = lm_record_crc_parse(value, &h->said.crc);
    } else if (!strcmp(key, "meshqa_kind")) {
        again = h->image;
        ok = h->image = !strcmp(value, "image");
    } else if (!strcmp(key, "meshqa_schema")) {
        ok = lm_num_size(value, INT32_MAX, &v);
        if (ok) return lm_record_schema((long long)v, err);
    }
    if (again) return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: '%s' stands twice", key);
    return ok ? LM_OK : lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: '%s:=%.40s' is no such value", key, value);
}

static lm_status nrrd_line(nrrd_head *h, char *line, lm_records *rec, lm_err *err)
{
    if (line[0] == '#') return LM_OK;
    const char *colon = strchr(line, ':');
    bool known = false;
    if (colon && colon[1] != '=') {
        lm_status rc = nrrd_field(h, line, (size_t)(colon - line), &known, err);
        if (rc || known) return rc;
    }
    char *assign = strstr(line, ":=");
    if (!assign) return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: '%.60s' is neither a field nor a key", line);
    *assign = 0;
    return nrrd_key(h, line, assign + 2, rec, err);
}

/* ---- 4 the header ---- */

static lm_status nrrd_header(lm_in *in, nrrd_head *h, lm_records *rec, char *line, lm_err *err)
{
    size_t len;
    bool eof;
    lm_status rc = lm_io_line(in, line, NRRD_LINE, &len, &eof, err);
    if (rc) return rc;
    if (strlen(line) != 8 || strncmp(line, "NRRD000", 7) || line[7] < '1' || line[7] > '5')
        return lm_err_set(err, LM_EFORMAT, NULL, "not an NRRD file of version 1 to 5: it starts with '%.12s'", line);
    for (;;) {
        if ((rc = lm_io_line(in, line, NRRD_LINE, &len, &eof, err))) return rc;
        if (eof) return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: input cut off before the empty line that ends it");
        if (!len) break;
        if (strlen(line) != len) return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: a line holds a zero byte");
        if (lm_io_tell(in) > NRRD_HEADER)
            return lm_err_set(err, LM_ERANGE, NULL, "NRRD header: longer than %d bytes", (int)NRRD_HEADER);
        if ((rc = nrrd_line(h, line, rec, err))) return rc;
    }
    static const struct {
        unsigned bit;
        const char *add;
    } need[] = {
        {NRRD_TYPE, "type: short"},
        {NRRD_DIMENSION, "dimension: 3"},
        {NRRD_SIZES, "sizes: NX NY NZ"},
        {NRRD_ENCODING, "encoding: raw"},
        {NRRD_SPACE, "space: left-posterior-superior"},
        {NRRD_DIRECTIONS, "space directions: (dx,0,0) (0,dy,0) (0,0,dz)"},
        {NRRD_ORIGIN, "space origin: (x,y,z)"},
    };
    if (h->dimension == 4 && !h->keys)
        return lm_err_set(
            err, LM_EFORMAT, NULL,
            "NRRD header, 'dimension: 4': a volume has dimension 3, and these are no layers of a segmentation (no keys "
            "'Segment0_...'): pick one component or time step");
    bool flat = h->dimension == 2;
    if (flat != h->image)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          flat ? "NRRD header, 'dimension: 2': a volume has dimension 3"
                               : "NRRD header, 'meshqa_kind:=image': an image has dimension 2");
    for (size_t i = 0; i < sizeof need / sizeof *need; i++)
        if (!(h->seen & need[i].bit) && !(flat && need[i].bit >= NRRD_SPACE))
            return lm_err_set(err, LM_EFORMAT, NULL,
                              "NRRD header: no '%.*s': place and side of the patient are never guessed, add a line such as '%s'",
                              (int)strcspn(need[i].add, ":"), need[i].add, need[i].add);
    if (!(h->seen & NRRD_ENDIAN) && lm_nrrd_head_width(h) > 1 && h->encoding != LM_NRRD_TEXT)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "NRRD header: no 'endian' for samples of %zu bytes: add 'endian: little' or 'endian: big'",
                          lm_nrrd_head_width(h));
    return LM_OK;
}

/* What the header says as a whole, before a sample is read. */
static lm_status nrrd_settle(nrrd_head *h, const lm_records *rec, lm_err *err)
{
    lm_vol *v = &h->vol;
    if (!lm_mem_mul(v->n[0], v->n[1], &h->bytes) || !lm_mem_mul(h->bytes, v->n[2], &h->bytes) ||
        !lm_mem_mul(h->bytes, h->layers, &h->bytes) || !lm_mem_mul(h->bytes, lm_nrrd_head_width(h), &h->bytes))
        return lm_err_set(err, LM_ERANGE, NULL, "NRRD header: no volume has %zu x %zu x %zu samples", v->n[0], v->n[1], v->n[2]);
    if (h->said.has_bytes && h->said.bytes != h->bytes)
        return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: meshqa_bytes is %" PRIu64 ", but 'sizes' and 'type' make %zu",
                          h->said.bytes, h->bytes);
    if (h->dimension == 2) {
        v->image = true;
        v->unscaled = !(h->seen & NRRD_SPACINGS);
        for (int a = 0; a < 3; a++) v->dir[a][a] = a < 2 && !v->unscaled ? v->dir[a][a] : 1;
    }
    for (int a = 0; a < 3 && h->sign; a++)
        for (int c = 0; c < 3; c++) v->dir[a][c] = v->dir[a][c] * h->sign[c] + 0.0; /* no -0 */
    for (int c = 0; c < 3 && h->sign; c++) v->origin[c] = v->origin[c] * h->sign[c] + 0.0;
    lm_status rc = lm_vol_check(v, err);
    if (rc) return lm_err_frame(err, "NRRD header, 'space directions' and 'space origin'");
    for (size_t i = 0; i < rec->n; i++)
        if (!rec->item[i])
            return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: meshqa_record_%zu is missing, %zu are there", i + 1, rec->n);
    return LM_OK;
}

size_t lm_nrrd_head_width(const lm_nrrd_head *h)
{
    return h->wide && h->encoding != LM_NRRD_TEXT ? 8 : lm_vol_type_size(h->vol.type);
}

lm_status lm_nrrd_head_read(lm_in *in, lm_nrrd_head *h, lm_records *rec, lm_err *err)
{
    char *line = lm_mem_alloc(NRRD_LINE, 1, err);
    lm_status rc = line ? nrrd_header(in, h, rec, line, err) : LM_ENOMEM;
    free(line);
    return rc ? rc : nrrd_settle(h, rec, err);
}

void lm_nrrd_head_release(lm_nrrd_head *h)
{
    for (size_t i = 0; i < h->keys; i++) free(h->key[i].name);
    free(h->key);
    *h = (lm_nrrd_head)LM_NRRD_HEAD_INIT;
}
