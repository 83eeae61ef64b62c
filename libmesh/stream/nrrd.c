/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 names and numbers, 2 header fields, 3 keys, 4 payload, 5 reading, 6 writing */
#include "stream/nrrd.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/version.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

/* A record is at most LM_RECORD_BYTES of ASCII, at worst all backslashes that a key/value line doubles. */
enum { NRRD_LINE = 2 * LM_RECORD_BYTES + 256, NRRD_HEADER = 64 << 20, NRRD_BLOCK = 1 << 20, NRRD_ROOM = 16 << 20 };

typedef enum { NRRD_RAW, NRRD_GZIP, NRRD_TEXT } nrrd_encoding;
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

typedef struct {
    unsigned seen; /* fields, to find repeated and missing ones */
    bool big;      /* byte order of the payload */
    bool flat;     /* two dimensions */
    bool image;    /* meshqa_kind says so */
    nrrd_encoding encoding;
    const double *sign; /* from the file's space to LPS, per coordinate */
    size_t bytes;       /* of all samples */
    lm_vol vol;         /* geometry and, at the end, samples */
    lm_record_payload said;
} nrrd_head;

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
    if (strstr(value, "long") || strstr(value, "int64"))
        return nrrd_bad(err, "type", value, "64-bit integers do not fit a double: convert to int, float or double");
    return nrrd_bad(err, "type", value, "no scalar type that is read here (8 to 32-bit integers, float, double)");
}

static lm_status nrrd_dimension(nrrd_head *h, const char *value, lm_err *err)
{
    h->flat = !strcmp(value, "2"); /* an image, if it says so */
    return strcmp(value, "3") && !h->flat
               ? nrrd_bad(err, "dimension", value, "a volume has dimension 3: pick one component or time step")
               : LM_OK;
}

static lm_status nrrd_sizes(nrrd_head *h, const char *value, lm_err *err)
{
    char word[24];
    const char *s = nrrd_blank(value);
    h->vol.n[2] = 1;
    for (int a = 0; a < (h->flat ? 2 : 3); a++) {
        size_t n = strcspn(s, " \t");
        if (n >= sizeof word) return nrrd_bad(err, "sizes", value, "three counts are needed");
        memcpy(word, s, n);
        word[n] = 0;
        if (!lm_num_size(word, SIZE_MAX, &h->vol.n[a]) || !h->vol.n[a])
            return nrrd_bad(err, "sizes", value, "three counts of at least 1 are needed");
        s = nrrd_blank(s + n);
    }
    return *s ? nrrd_bad(err, "sizes", value, "more counts than dimensions") : LM_OK;
}

/* Of an image; a volume's lie in its directions. */
static lm_status nrrd_spacings(nrrd_head *h, const char *value, lm_err *err)
{
    const char *s = value, *end = value + strlen(value);
    if (!h->flat) return LM_OK;
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
        nrrd_encoding encoding;
    } names[] = {{"raw", NRRD_RAW},   {"gzip", NRRD_GZIP}, {"gz", NRRD_GZIP},
                 {"text", NRRD_TEXT}, {"txt", NRRD_TEXT},  {"ascii", NRRD_TEXT}};
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
    const char *s = value;
    if (strstr(value, "none")) return nrrd_bad(err, "space directions", value, "an axis that is none has no place in a volume");
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

static lm_status nrrd_key(nrrd_head *h, const char *key, char *value, lm_records *rec, lm_err *err)
{
    size_t v = 0, len = nrrd_unescape(value);
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

/* ---- 4 payload ---- */

/* Samples as they come. The size that the header claims is not trusted: memory grows with what has been read. */
typedef struct {
    unsigned char *p;
    size_t used, cap, total;
} nrrd_sink;

/* Room for more bytes behind p+used: at least 1 unless all have come; *n is how many. */
static lm_status nrrd_room(nrrd_sink *s, size_t *n, lm_err *err)
{
    if (s->used == s->cap && s->cap < s->total) {
        size_t cap = s->cap < NRRD_ROOM ? NRRD_ROOM : s->cap > s->total / 2 ? s->total : 2 * s->cap;
        if (cap > s->total) cap = s->total;
        unsigned char *q = realloc(s->p, cap);
        if (!q) return lm_err_nomem(err, cap);
        s->p = q;
        s->cap = cap;
    }
    *n = s->cap - s->used;
    return LM_OK;
}

static lm_status nrrd_short(size_t got, size_t total, lm_err *err)
{
    return lm_err_set(err, LM_EFORMAT, NULL, "NRRD payload: %zu of %zu bytes, input cut off", got, total);
}

static lm_status nrrd_read_raw(lm_in *in, nrrd_sink *s, size_t swap, uint32_t *crc, lm_err *err)
{
    lm_status rc;
    size_t room, got = 1;
    while (s->used < s->total) {
        if ((rc = nrrd_room(s, &room, err))) return rc;
        if (room > NRRD_BLOCK) room = NRRD_BLOCK; /* the checksum finds the block in the cache */
        if ((rc = lm_io_read_some(in, s->p + s->used, room, &got, err))) return rc;
        if (got < room) return nrrd_short(s->used + got, s->total, err);
        if (swap > 1) lm_bytes_swap(s->p + s->used, got / swap, swap);
        *crc = lm_hash_crc32(*crc, s->p + s->used, got);
        s->used += got;
    }
    return LM_OK;
}

static lm_status nrrd_inflate(lm_in *in, nrrd_sink *s, z_stream *z, unsigned char *block, lm_err *err)
{
    lm_status rc;
    unsigned char more = 0; /* where a byte too many shows itself */
    size_t room, got = 1;
    bool between = false; /* a gzip file is one or more members */
    for (;;) {
        if (!z->avail_in) {
            if ((rc = lm_io_read_some(in, block, NRRD_BLOCK, &got, err))) return rc;
            z->next_in = block;
            z->avail_in = (uInt)got;
            if (!got) return between && s->used == s->total ? LM_OK : nrrd_short(s->used, s->total, err);
        }
        if ((rc = nrrd_room(s, &room, err))) return rc;
        size_t ask = room > NRRD_BLOCK ? NRRD_BLOCK : room;
        z->next_out = ask ? s->p + s->used : &more;
        z->avail_out = ask ? (uInt)ask : 1;
        int e = inflate(z, Z_NO_FLUSH);
        size_t made = (ask ? ask : 1) - z->avail_out;
        if (!ask && made)
            return lm_err_set(err, LM_EFORMAT, NULL, "NRRD payload: gzip holds more than the %zu bytes that 'sizes' need",
                              s->total);
        s->used += made;
        between = e == Z_STREAM_END;
        if (e == Z_MEM_ERROR) return lm_err_nomem(err, NRRD_BLOCK);
        if (e == Z_STREAM_END) inflateReset(z);
        else if (e != Z_OK && e != Z_BUF_ERROR)
            return lm_err_set(err, LM_EFORMAT, NULL, "NRRD payload: gzip damaged after %zu of %zu bytes: %s", s->used, s->total,
                              z->msg ? z->msg : "no gzip");
    }
}

static lm_status nrrd_read_gzip(lm_in *in, nrrd_sink *s, lm_err *err)
{
    unsigned char *block = lm_mem_alloc(NRRD_BLOCK, 1, err);
    if (!block) return LM_ENOMEM;
    z_stream z = {0};
    lm_status rc = inflateInit2(&z, 15 + 16) == Z_OK ? nrrd_inflate(in, s, &z, block, err) : lm_err_nomem(err, NRRD_BLOCK);
    inflateEnd(&z);
    free(block);
    return rc;
}

/* One number as a sample. Integers must be whole and in range; NaN and infinity are numbers of float and double. */
static bool nrrd_number(const char *s, const char *end, lm_type t, unsigned char *o)
{
    static const double lo[] = {
        [LM_I8] = INT8_MIN, [LM_U8] = 0, [LM_I16] = INT16_MIN, [LM_U16] = 0, [LM_I32] = INT32_MIN, [LM_U32] = 0};
    static const double hi[] = {[LM_I8] = INT8_MAX,    [LM_U8] = UINT8_MAX,  [LM_I16] = INT16_MAX,
                                [LM_U16] = UINT16_MAX, [LM_I32] = INT32_MAX, [LM_U32] = UINT32_MAX};
    double v;
    if (lm_num_parse(s, end, &v) != end) {
        bool neg = *s == '-';
        if (*s == '-' || *s == '+') s++;
        size_t n = (size_t)(end - s);
        if ((n == 3 && !strncasecmp(s, "inf", 3)) || (n == 8 && !strncasecmp(s, "infinity", 8))) v = neg ? -INFINITY : INFINITY;
        else if (n == 3 && !strncasecmp(s, "nan", 3)) v = NAN;
        else return false;
    }
    if (t == LM_F64) memcpy(o, &v, 8);
    else if (t == LM_F32) lm_putf32(o, (float)v);
    else {
        if (!(v >= lo[t] && v <= hi[t]) || v != floor(v)) return false;
        int64_t i = (int64_t)v; /* two's complement, little-endian: the low bytes are the sample */
        memcpy(o, &i, lm_vol_type_size(t));
    }
    return true;
}

static lm_status nrrd_read_text(lm_in *in, nrrd_sink *s, lm_type type, lm_err *err)
{
    enum { PEEK = 65536, TOKEN = 400 };
    size_t width = lm_vol_type_size(type), room, got, gone;
    char sink[PEEK];
    lm_status rc;
    for (;;) {
        const unsigned char *p;
        if ((rc = lm_io_peek(in, PEEK, &p, &got, err))) return rc;
        const char *c = (const char *)p, *end = c + got, *start = c;
        bool last = got < PEEK;
        while (c < end) {
            if (isspace((unsigned char)*c)) {
                c++;
                continue;
            }
            const char *e = c;
            while (e < end && !isspace((unsigned char)*e)) e++;
            if (e == end && !last) break; /* the number goes on in the next block */
            if (s->used == s->total)
                return lm_err_set(err, LM_EFORMAT, NULL, "NRRD payload: text after the %zu numbers that 'sizes' need",
                                  s->total / width);
            if ((rc = nrrd_room(s, &room, err))) return rc;
            if (!nrrd_number(c, e, type, s->p + s->used))
                return lm_err_set(err, LM_EFORMAT, NULL, "NRRD payload: sample %zu, '%.*s', is no %s", s->used / width,
                                  (int)(e - c > 40 ? 40 : e - c), c, lm_vol_type_name(type));
            s->used += width;
            c = e;
        }
        gone = (size_t)(c - start);
        if (end - c > TOKEN) return lm_err_set(err, LM_EFORMAT, NULL, "NRRD payload: sample %zu is no number", s->used / width);
        if (!got) return s->used == s->total ? LM_OK : nrrd_short(s->used, s->total, err);
        if ((rc = lm_io_read(in, sink, gone, err))) return rc;
    }
}

static lm_status nrrd_payload(lm_in *in, nrrd_head *h, uint32_t *crc, lm_err *err)
{
    nrrd_sink s = {.total = h->bytes};
    size_t width = lm_vol_type_size(h->vol.type), swap = h->big && h->encoding != NRRD_TEXT ? width : 1;
    lm_status rc = LM_OK;
    uint64_t left = lm_io_size(in) == UINT64_MAX ? UINT64_MAX : lm_io_size(in) - lm_io_tell(in);
    *crc = 0;
    if (h->encoding == NRRD_RAW && left < h->bytes) return nrrd_short((size_t)left, h->bytes, err);
    if (h->encoding == NRRD_RAW) rc = nrrd_read_raw(in, &s, swap, crc, err);
    else if (h->encoding == NRRD_GZIP) rc = nrrd_read_gzip(in, &s, err);
    else rc = nrrd_read_text(in, &s, h->vol.type, err);
    h->vol.data = s.p; /* released with the volume on error too */
    if (rc) return rc;
    if (h->encoding != NRRD_RAW) {
        if (swap > 1) lm_bytes_swap(s.p, s.total / swap, swap);
        *crc = lm_hash_crc32(0, s.p, s.total);
    }
    const unsigned char *p;
    size_t got;
    if ((rc = lm_io_peek(in, 1, &p, &got, err))) return rc;
    return got ? lm_err_set(err, LM_EFORMAT, NULL,
                            "NRRD payload: more than the %zu bytes that 'sizes' need: wrong header or two streams joined", h->bytes)
               : LM_OK;
}

/* ---- 5 reading ---- */

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
    if (h->flat != h->image)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          h->flat ? "NRRD header, 'dimension: 2': a volume has dimension 3"
                                  : "NRRD header, 'meshqa_kind:=image': an image has dimension 2");
    for (size_t i = 0; i < sizeof need / sizeof *need; i++)
        if (!(h->seen & need[i].bit) && !(h->flat && need[i].bit >= NRRD_SPACE))
            return lm_err_set(err, LM_EFORMAT, NULL,
                              "NRRD header: no '%.*s': place and side of the patient are never guessed, add a line such as '%s'",
                              (int)strcspn(need[i].add, ":"), need[i].add, need[i].add);
    if (!(h->seen & NRRD_ENDIAN) && lm_vol_type_size(h->vol.type) > 1 && h->encoding != NRRD_TEXT)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "NRRD header: no 'endian' for samples of %zu bytes: add 'endian: little' or 'endian: big'",
                          lm_vol_type_size(h->vol.type));
    return LM_OK;
}

/* What the header says as a whole, before a sample is read. */
static lm_status nrrd_settle(nrrd_head *h, const lm_records *rec, lm_err *err)
{
    lm_vol *v = &h->vol;
    if (!lm_mem_mul(v->n[0], v->n[1], &h->bytes) || !lm_mem_mul(h->bytes, v->n[2], &h->bytes) ||
        !lm_mem_mul(h->bytes, lm_vol_type_size(v->type), &h->bytes))
        return lm_err_set(err, LM_ERANGE, NULL, "NRRD header: no volume has %zu x %zu x %zu samples", v->n[0], v->n[1], v->n[2]);
    if (h->said.has_bytes && h->said.bytes != h->bytes)
        return lm_err_set(err, LM_EFORMAT, NULL, "NRRD header: meshqa_bytes is %" PRIu64 ", but 'sizes' and 'type' make %zu",
                          h->said.bytes, h->bytes);
    if (h->flat) {
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

lm_status lm_nrrd_read(lm_in *in, lm_vol *vol, lm_records *rec, lm_err *err)
{
    nrrd_head h = {.vol = LM_VOL_INIT};
    uint32_t crc = 0;
    lm_vol_release(vol);
    lm_record_release(rec);
    memset(rec->item, 0, sizeof rec->item);
    char *line = lm_mem_alloc(NRRD_LINE, 1, err);
    lm_status rc = line ? nrrd_header(in, &h, rec, line, err) : LM_ENOMEM;
    free(line);
    if (!rc) rc = nrrd_settle(&h, rec, err);
    if (!rc) rc = nrrd_payload(in, &h, &crc, err);
    if (!rc) rc = lm_record_payload_check(&h.said, "NRRD", crc, h.bytes, err);
    if (!rc) {
        lm_record_check(rec, crc, h.bytes);
        *vol = h.vol;
        return LM_OK;
    }
    rec->n = LM_RECORDS_MAX; /* with gaps, when the header was cut: json_decref takes NULL */
    lm_record_release(rec);
    lm_vol_release(&h.vol);
    return rc;
}

/* ---- 6 writing ---- */

static void nrrd_put_vector(lm_out *out, const double v[3])
{
    char t[3][LM_NUM_TEXT];
    for (int c = 0; c < 3; c++) lm_num_f64(v[c], t[c]);
    lm_io_printf(out, "(%s,%s,%s)", t[0], t[1], t[2]);
}

static lm_status nrrd_put_records(lm_out *out, const lm_records *rec, lm_err *err)
{
    for (size_t i = 0; i < rec->n; i++) {
        char *text = lm_record_text(rec->item[i], err);
        if (!text) return err ? err->code : LM_ENOMEM;
        lm_io_printf(out, "meshqa_record_%zu:=", i + 1);
        for (const char *s = text; *s;) {
            size_t n = strcspn(s, "\\");
            lm_io_write(out, s, n);
            s += n;
            if (*s) {
                lm_io_write(out, "\\\\", 2);
                s++;
            }
        }
        lm_io_write(out, "\n", 1);
        free(text);
    }
    return LM_OK;
}

static void nrrd_put_volume(lm_out *out, const lm_vol *vol)
{
    lm_io_printf(out, "NRRD0005\ntype: %s\ndimension: 3\nspace: left-posterior-superior\nsizes: %zu %zu %zu\nspace directions:",
                 lm_vol_type_name(vol->type), vol->n[0], vol->n[1], vol->n[2]);
    for (int a = 0; a < 3; a++) {
        lm_io_write(out, " ", 1);
        nrrd_put_vector(out, vol->dir[a]);
    }
    lm_io_printf(out, "\nkinds: domain domain domain\n%sencoding: raw\nspace units: \"mm\" \"mm\" \"mm\"\nspace origin: ",
                 lm_vol_type_size(vol->type) > 1 ? "endian: little\n" : "");
    nrrd_put_vector(out, vol->origin);
}

static void nrrd_put_image(lm_out *out, const lm_vol *vol)
{
    char x[LM_NUM_TEXT], y[LM_NUM_TEXT];
    lm_num_f64(vol->dir[0][0], x);
    lm_num_f64(vol->dir[1][1], y);
    lm_io_printf(out, "NRRD0005\ntype: %s\ndimension: 2\nsizes: %zu %zu\n", lm_vol_type_name(vol->type), vol->n[0], vol->n[1]);
    if (!vol->unscaled) lm_io_printf(out, "spacings: %s %s\nunits: \"mm\" \"mm\"\n", x, y);
    lm_io_printf(out, "kinds: domain domain\n%sencoding: raw\nmeshqa_kind:=image",
                 lm_vol_type_size(vol->type) > 1 ? "endian: little\n" : "");
}

lm_status lm_nrrd_write(lm_out *out, const lm_vol *vol, lm_records *rec, lm_err *err)
{
    size_t width = lm_vol_type_size(vol->type), bytes = lm_vol_count(vol) * width;
    char num[LM_NUM_TEXT];
    lm_status rc = lm_vol_check(vol, err);
    if (rc) return rc;
    uint32_t crc = lm_hash_crc32(0, vol->data, bytes);
    if ((rc = lm_record_seal(rec, crc, bytes, err))) return rc;
    if (vol->image) nrrd_put_image(out, vol);
    else nrrd_put_volume(out, vol);
    lm_io_printf(out, "\nmeshqa_schema:=%d\nmeshqa_bytes:=%zu\nmeshqa_crc32:=%08" PRIx32 "\n", LM_SCHEMA, bytes, crc);
    if (vol->has_iso) {
        lm_num_f64(vol->iso, num);
        lm_io_printf(out, "meshqa_iso:=%s\n", num);
    }
    if ((rc = nrrd_put_records(out, rec, err))) return rc;
    lm_io_write(out, "\n", 1);
    lm_io_write(out, vol->data, bytes);
    return LM_OK;
}
