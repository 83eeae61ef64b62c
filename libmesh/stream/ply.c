/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 header, 2 units, space and records, 3 payload bytes, 4 vertices, 5 faces, 6 reading (writing: ply_write.c) */
#include "stream/ply.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "stream/ply_parts.h"
#include "surface/polygon.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PLY_LINE = 65536, PLY_HEADER = 64 << 20, PLY_ELEMENTS = 32, PLY_PROPS = 512 };
enum { PLY_BLOCK = 1 << 20, PLY_TOKEN = 400, PLY_GROW = 1 << 16, PLY_TRIANGLE = 13 };

typedef enum { PLY_I8, PLY_U8, PLY_I16, PLY_U16, PLY_I32, PLY_U32, PLY_F32, PLY_F64 } ply_type;
static const struct {
    const char *name, *alias;
    size_t size;
} ply_types[] = {
    [PLY_I8] = {"char", "int8", 1},      [PLY_U8] = {"uchar", "uint8", 1},     [PLY_I16] = {"short", "int16", 2},
    [PLY_U16] = {"ushort", "uint16", 2}, [PLY_I32] = {"int", "int32", 4},      [PLY_U32] = {"uint", "uint32", 4},
    [PLY_F32] = {"float", "float32", 4}, [PLY_F64] = {"double", "float64", 8},
};

typedef enum { PLY_SKIP, PLY_X, PLY_Y, PLY_Z, PLY_QUALITY, PLY_CORNERS, PLY_LABEL, PLY_LABEL_BACK } ply_role;
typedef struct {
    ply_type type;
    bool list;
    ply_type count; /* of a list */
    ply_role role;
    size_t at; /* byte in a record without lists */
} ply_prop;
typedef enum { PLY_VERTEX, PLY_FACE, PLY_BEFORE_VERTEX, PLY_BEFORE_FACE, PLY_OTHER } ply_kind;
static const char *const ply_names[] = {[PLY_VERTEX] = "vertex",
                                        [PLY_FACE] = "face",
                                        [PLY_BEFORE_VERTEX] = "before_vertex",
                                        [PLY_BEFORE_FACE] = "before_face",
                                        [PLY_OTHER] = "element"};
typedef struct {
    ply_kind kind;
    size_t count;
    size_t first, n; /* properties */
    size_t least;    /* bytes of the smallest record: lists empty, faces with three corners */
    bool lists;
} ply_element;

typedef struct {
    bool ascii, big, has_format, has_strips;
    size_t elements, props;
    ply_element element[PLY_ELEMENTS];
    ply_prop prop[PLY_PROPS];
    lm_space space;
    double unit_mm; /* 0: not said */
    lm_record_payload said;
    /* the record that is being put together from its pieces */
    size_t piece, pieces, used, cap;
    char *text;
    lm_parts parts;
} ply_head;

/* ---- 1 header ---- */

/* Next word of *s, at most cap-1 characters; empty at the end. False when it is longer. */
static bool ply_word(const char **s, char *word, size_t cap)
{
    const char *p = *s + strspn(*s, " \t");
    size_t n = strcspn(p, " \t");
    *s = p + n;
    if (n >= cap) return false;
    memcpy(word, p, n);
    word[n] = 0;
    return true;
}

static bool ply_type_of(const char *name, ply_type *t)
{
    for (size_t i = 0; i < sizeof ply_types / sizeof *ply_types; i++)
        if (!strcmp(name, ply_types[i].name) || !strcmp(name, ply_types[i].alias)) {
            *t = (ply_type)i;
            return true;
        }
    return false;
}

static lm_status ply_bad(lm_err *err, const char *line, const char *why)
{
    return lm_err_set(err, LM_EFORMAT, NULL, "PLY header, '%.80s': %s", line, why);
}

static lm_status ply_format(ply_head *h, const char *line, const char *s, lm_err *err)
{
    char kind[32], version[8];
    if (h->has_format || !ply_word(&s, kind, sizeof kind) || !ply_word(&s, version, sizeof version) || strcmp(version, "1.0"))
        return ply_bad(err, line, "one line such as 'format binary_little_endian 1.0' is needed");
    h->has_format = true;
    h->ascii = !strcmp(kind, "ascii");
    h->big = !strcmp(kind, "binary_big_endian");
    if (h->ascii || h->big || !strcmp(kind, "binary_little_endian")) return LM_OK;
    return ply_bad(err, line, "neither ascii nor binary_little_endian nor binary_big_endian");
}

static lm_status ply_element_line(ply_head *h, const char *line, const char *s, lm_err *err)
{
    char name[64], count[24];
    if (h->elements == PLY_ELEMENTS) return ply_bad(err, line, "too many elements");
    ply_element *e = &h->element[h->elements];
    *e = (ply_element){.first = h->props, .kind = PLY_OTHER};
    if (!ply_word(&s, name, sizeof name) || !ply_word(&s, count, sizeof count) || !lm_num_size(count, SIZE_MAX, &e->count))
        return ply_bad(err, line, "a name and a count are needed");
    for (ply_kind k = PLY_VERTEX; k < PLY_OTHER; k++)
        if (!strcmp(name, ply_names[k])) e->kind = k;
    if (!strcmp(name, "tristrips")) h->has_strips = e->count > 0;
    for (size_t i = 0; i < h->elements; i++)
        if (e->kind != PLY_OTHER && h->element[i].kind == e->kind) return ply_bad(err, line, "this element stands twice");
    h->elements++;
    return LM_OK;
}

static ply_role ply_role_of(ply_kind kind, bool list, const char *name)
{
    bool face = kind == PLY_FACE || kind == PLY_BEFORE_FACE;
    if (face && list) return !strcmp(name, "vertex_indices") || !strcmp(name, "vertex_index") ? PLY_CORNERS : PLY_SKIP;
    if (kind == PLY_FACE) return !strcmp(name, "label") ? PLY_LABEL : !strcmp(name, "label_back") ? PLY_LABEL_BACK : PLY_SKIP;
    if (face || kind == PLY_OTHER || list) return PLY_SKIP;
    return !strcmp(name, "x")                               ? PLY_X
           : !strcmp(name, "y")                             ? PLY_Y
           : !strcmp(name, "z")                             ? PLY_Z
           : kind == PLY_VERTEX && !strcmp(name, "quality") ? PLY_QUALITY
                                                            : PLY_SKIP;
}

static lm_status ply_property(ply_head *h, const char *line, const char *s, lm_err *err)
{
    char word[64];
    if (!h->elements) return ply_bad(err, line, "no element before this property");
    if (h->props == PLY_PROPS) return ply_bad(err, line, "too many properties");
    ply_element *e = &h->element[h->elements - 1];
    ply_prop *p = &h->prop[h->props];
    *p = (ply_prop){.at = e->least};
    bool ok = ply_word(&s, word, sizeof word);
    if (ok && !strcmp(word, "list")) {
        p->list = e->lists = true;
        ok = ply_word(&s, word, sizeof word) && ply_type_of(word, &p->count) && p->count < PLY_F32 &&
             ply_word(&s, word, sizeof word);
    }
    if (!ok || !ply_type_of(word, &p->type)) return ply_bad(err, line, "unknown type");
    if (!ply_word(&s, word, sizeof word) || !*word) return ply_bad(err, line, "a property needs a name");
    p->role = ply_role_of(e->kind, p->list, word);
    if (p->role >= PLY_LABEL && p->type >= PLY_F32) p->role = PLY_SKIP; /* a measure, no part */
    if (p->role == PLY_CORNERS && p->type >= PLY_F32) return ply_bad(err, line, "vertex numbers must be integers");
    for (size_t i = e->first; i < h->props; i++)
        if (p->role != PLY_SKIP && h->prop[i].role == p->role) return ply_bad(err, line, "this property stands twice");
    size_t size = ply_types[p->type].size;
    e->least += p->role == PLY_CORNERS ? ply_types[p->count].size + 3 * size : p->list ? ply_types[p->count].size : size;
    e->n++;
    h->props++;
    return LM_OK;
}

/* ---- 2 units, space and records ---- */

/* "units mm", "UNITS=inch", "units in mm" ... */
static lm_status ply_units(ply_head *h, const char *line, lm_err *err)
{
    static const char *breaks = " \t=:,;()[]\"'";
    bool after = false; /* behind the word unit */
    for (const char *s = line + strspn(line, breaks); *s;) {
        const char *word = s;
        size_t n = strcspn(s, breaks);
        s += n;
        s += strspn(s, breaks);
        if (!after) {
            after = (n == 4 && !strncasecmp(word, "unit", n)) || (n == 5 && !strncasecmp(word, "units", n));
            continue;
        }
        if (*s &&
            ((n == 2 && (!strncasecmp(word, "in", n) || !strncasecmp(word, "is", n))) || (n == 3 && !strncasecmp(word, "are", n))))
            continue;
        double mm = lm_num_unit_mm(word, n);
        if (mm && h->unit_mm && mm != h->unit_mm) return ply_bad(err, line, "another unit was named before");
        if (mm) h->unit_mm = mm;
        return LM_OK;
    }
    return LM_OK;
}

static lm_status ply_space(ply_head *h, const char *line, const char *s, lm_err *err)
{
    const char *v = s + 6; /* behind SPACE= */
    lm_space is = !strcasecmp(v, "LPS") ? LM_SPACE_LPS : !strcasecmp(v, "RAS") ? LM_SPACE_RAS : LM_SPACE_UNKNOWN;
    if (is == LM_SPACE_UNKNOWN) return ply_bad(err, line, "this space is not known (LPS, RAS)");
    if (h->space != LM_SPACE_UNKNOWN && h->space != is) return ply_bad(err, line, "another space was named before");
    h->space = is;
    return LM_OK;
}

/* "N k/m text": piece k of m of record N. Pieces come in order, as they were written. */
static lm_status ply_record(ply_head *h, const char *line, const char *s, lm_records *rec, lm_err *err)
{
    char number[8], piece[16];
    size_t n, k, m;
    char *slash;
    if (!ply_word(&s, number, sizeof number) || !ply_word(&s, piece, sizeof piece) || *s != ' ' || !(slash = strchr(piece, '/')))
        return ply_bad(err, line, "'meshqa_record N K/M TEXT' is needed");
    *slash = 0;
    if (!lm_num_size(number, LM_RECORDS_MAX, &n) || !lm_num_size(piece, LM_RECORD_BYTES, &k) ||
        !lm_num_size(slash + 1, LM_RECORD_BYTES, &m))
        return ply_bad(err, line, "a number is out of range");
    if (h->piece == h->pieces) h->piece = h->used = 0, h->pieces = m;
    if (n != rec->n + 1 || m != h->pieces || k != h->piece + 1 || k > m)
        return ply_bad(err, line, "a piece of a record is missing or out of order");
    h->piece = k;
    size_t len = strlen(++s);
    lm_status rc = lm_mem_grow(&h->text, &h->cap, h->used + len + 1, 1, err);
    if (rc) return rc;
    memcpy(h->text + h->used, s, len);
    h->used += len;
    if (h->used > LM_RECORD_BYTES) return ply_bad(err, line, "the record is longer than a record may be");
    if (k < m) return LM_OK;
    json_t *item = NULL;
    if ((rc = lm_record_parse(h->text, h->used, &item, err))) return lm_err_frame(err, "meshqa_record %zu", n);
    return lm_record_append(rec, item, err);
}

static lm_status ply_payload_line(ply_head *h, const char *line, const char *s, lm_err *err)
{
    char bytes[24], crc[16];
    size_t n;
    if (h->said.has_bytes) return ply_bad(err, line, "it stands twice");
    if (!ply_word(&s, bytes, sizeof bytes) || !ply_word(&s, crc, sizeof crc) || !lm_num_size(bytes, SIZE_MAX, &n) ||
        !lm_record_crc_parse(crc, &h->said.crc))
        return ply_bad(err, line, "'meshqa_payload BYTES CRC32' is needed");
    h->said.bytes = n;
    h->said.has_bytes = h->said.has_crc = true;
    return LM_OK;
}

/* A comment or obj_info line; s is what follows the keyword. */
static lm_status ply_note(ply_head *h, const char *line, const char *s, lm_records *rec, lm_err *err)
{
    s += strspn(s, " \t");
    if (!strncmp(s, "meshqa_record ", 14)) return ply_record(h, line, s + 14, rec, err);
    if (!strncmp(s, "meshqa_part ", 12)) {
        lm_status rc = lm_ply_parts_read(s + 12, &h->parts, err);
        return rc == LM_EFORMAT || rc == LM_ERULE ? lm_err_frame(err, "PLY header, '%.80s'", line) : rc;
    }
    if (!strncmp(s, "meshqa_payload ", 15)) return ply_payload_line(h, line, s + 15, err);
    if (!strncmp(s, "meshqa_schema ", 14)) {
        size_t v;
        return lm_num_size(s + 14, INT32_MAX, &v) ? lm_record_schema((long long)v, err) : ply_bad(err, line, "a number is needed");
    }
    if (!strncasecmp(s, "SPACE=", 6)) return ply_space(h, line, s, err);
    return ply_units(h, s, err);
}

static lm_status ply_settle(const ply_head *h, lm_err *err)
{
    const ply_element *v = NULL, *f = NULL;
    unsigned roles = 0, before = 0, whole = 1u << PLY_X | 1u << PLY_Y | 1u << PLY_Z | 1u << PLY_CORNERS;
    if (!h->has_format) return lm_err_set(err, LM_EFORMAT, NULL, "PLY header: no 'format' line");
    if (h->piece != h->pieces)
        return lm_err_set(err, LM_EFORMAT, NULL, "PLY header: only %zu of %zu pieces of a meshqa_record", h->piece, h->pieces);
    for (size_t i = 0; i < h->elements; i++) {
        const ply_element *e = &h->element[i];
        if (e->kind == PLY_VERTEX) v = e;
        if (e->kind == PLY_FACE) f = e;
        bool was = e->kind == PLY_BEFORE_VERTEX || e->kind == PLY_BEFORE_FACE;
        if (was && !(v && f))
            return lm_err_set(err, LM_EFORMAT, NULL, "PLY header: '%s' before the mesh itself", ply_names[e->kind]);
        for (size_t k = e->first; k < e->first + e->n; k++) *(was ? &before : &roles) |= 1u << h->prop[k].role;
        if (was) before |= 1u << PLY_SKIP;
    }
    if (before && ~before & whole)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "PLY header: 'before_vertex' with x, y and z and 'before_face' with vertex_indices go together");
    if (!v || (~roles & whole & ~(1u << PLY_CORNERS)))
        return lm_err_set(err, LM_EFORMAT, NULL, "PLY header: no element 'vertex' with x, y and z");
    if (f && f->count && !(roles & 1u << PLY_CORNERS))
        return lm_err_set(err, LM_EFORMAT, NULL, "PLY header: element 'face' without 'property list uchar int vertex_indices'");
    if (roles & 1u << PLY_LABEL_BACK && !(roles & 1u << PLY_LABEL))
        return lm_err_set(err, LM_EFORMAT, NULL, "PLY header: faces with 'label_back' and without 'label'");
    if (h->has_strips && !(f && f->count))
        return lm_err_set(err, LM_EFORMAT, NULL, "PLY header: 'tristrips' are not read: save as faces");
    return LM_OK;
}

static lm_status ply_header(lm_in *in, ply_head *h, lm_records *rec, char *line, lm_err *err)
{
    size_t len;
    bool eof;
    lm_status rc = lm_io_line(in, line, PLY_LINE, &len, &eof, err);
    if (rc) return rc;
    if (strcmp(line, "ply")) return lm_err_set(err, LM_EFORMAT, NULL, "not a PLY file: it starts with '%.12s'", line);
    for (;;) {
        char key[16];
        const char *s = line;
        if ((rc = lm_io_line(in, line, PLY_LINE, &len, &eof, err))) return rc;
        if (eof) return lm_err_set(err, LM_EFORMAT, NULL, "PLY header: input cut off before 'end_header'");
        if (strlen(line) != len) return lm_err_set(err, LM_EFORMAT, NULL, "PLY header: a line holds a zero byte");
        if (lm_io_tell(in) > PLY_HEADER)
            return lm_err_set(err, LM_ERANGE, NULL, "PLY header: longer than %d bytes", (int)PLY_HEADER);
        if (!ply_word(&s, key, sizeof key)) rc = ply_bad(err, line, "unknown line");
        else if (!strcmp(key, "end_header")) return ply_settle(h, err);
        else if (!strcmp(key, "comment") || !strcmp(key, "obj_info")) rc = ply_note(h, line, s, rec, err);
        else if (!strcmp(key, "format")) rc = ply_format(h, line, s, err);
        else if (!strcmp(key, "element")) rc = ply_element_line(h, line, s, err);
        else if (!strcmp(key, "property")) rc = ply_property(h, line, s, err);
        else if (*key) rc = ply_bad(err, line, "unknown line");
        if (rc) return rc;
    }
}

/* ---- 3 payload bytes ---- */

/* The payload through a buffer, with its checksum. */
typedef struct {
    lm_in *in;
    unsigned char *buf;
    size_t at, end;
    bool eof;
    uint32_t crc;
    uint64_t bytes; /* read so far */
} ply_cursor;

/* Read until `want` (at most PLY_BLOCK) bytes are in the buffer or the input ends. */
static lm_status ply_fill(ply_cursor *c, size_t want, lm_err *err)
{
    if (c->end - c->at >= want || c->eof) return LM_OK;
    size_t got, have = c->end - c->at;
    memmove(c->buf, c->buf + c->at, have);
    lm_status rc = lm_io_read_some(c->in, c->buf + have, PLY_BLOCK - have, &got, err);
    if (rc) return rc;
    c->eof = got < PLY_BLOCK - have;
    c->crc = lm_hash_crc32(c->crc, c->buf + have, got);
    c->bytes += got;
    c->at = 0;
    c->end = have + got;
    return LM_OK;
}

static lm_status ply_short(const char *what, size_t i, size_t n, lm_err *err)
{
    return lm_err_set(err, LM_EFORMAT, NULL, "PLY payload: input cut off in %s %zu of %zu", what, i, n);
}

/* n bytes of this record, contiguous; n <= PLY_BLOCK. */
static lm_status ply_need(ply_cursor *c, size_t n, const ply_element *e, size_t i, lm_err *err)
{
    lm_status rc = ply_fill(c, n, err);
    if (rc) return rc;
    return c->end - c->at >= n ? LM_OK : ply_short(ply_names[e->kind], i, e->count, err);
}

static double ply_decode(const unsigned char *p, ply_type t, bool big)
{
    uint64_t u = 0;
    size_t n = ply_types[t].size;
    for (size_t i = 0; i < n; i++) u |= (uint64_t)p[big ? n - 1 - i : i] << 8 * i;
    switch (t) {
    case PLY_I8: return (int8_t)u;
    case PLY_U8: return (uint8_t)u;
    case PLY_I16: return (int16_t)u;
    case PLY_U16: return (uint16_t)u;
    case PLY_I32: return (int32_t)u;
    case PLY_U32: return (uint32_t)u;
    case PLY_F32: return (double)lm_getf32(&(uint32_t){(uint32_t)u});
    case PLY_F64: break;
    }
    double v;
    memcpy(&v, &u, 8);
    return v;
}

/* One value of whatever encoding. */
static lm_status ply_value(ply_cursor *c, const ply_head *h, ply_type t, const ply_element *e, size_t i, double *v, lm_err *err)
{
    lm_status rc;
    if (!h->ascii) {
        size_t n = ply_types[t].size;
        if ((rc = ply_need(c, n, e, i, err))) return rc;
        *v = ply_decode(c->buf + c->at, t, h->big);
        c->at += n;
        return LM_OK;
    }
    for (;;) { /* white space */
        if ((rc = ply_need(c, 1, e, i, err))) return rc;
        if (!isspace(c->buf[c->at])) break;
        c->at++;
    }
    if ((rc = ply_fill(c, PLY_TOKEN, err))) return rc;
    const char *s = (const char *)c->buf + c->at, *end = (const char *)c->buf + c->end, *stop = s;
    while (stop < end && stop < s + PLY_TOKEN && !isspace((unsigned char)*stop)) stop++;
    if (lm_num_parse(s, stop, v) != stop || (t < PLY_F32 && *v != floor(*v)))
        return lm_err_set(err, LM_EFORMAT, NULL, "PLY payload: %s %zu of %zu: '%.*s' is no %s", ply_names[e->kind], i, e->count,
                          (int)(stop - s > 40 ? 40 : stop - s), s, ply_types[t].name);
    c->at += (size_t)(stop - s);
    return LM_OK;
}

/* A list's length. */
static lm_status ply_length(ply_cursor *c, const ply_head *h, const ply_prop *p, const ply_element *e, size_t i, size_t *n,
                            lm_err *err)
{
    double v;
    lm_status rc = ply_value(c, h, p->count, e, i, &v, err);
    if (rc) return rc;
    if (v < 0 || v > UINT32_MAX)
        return lm_err_set(err, LM_EFORMAT, NULL, "PLY payload: %s %zu has a list of length %.0f", ply_names[e->kind], i, v);
    *n = (size_t)v;
    return LM_OK;
}

static lm_status ply_skip(ply_cursor *c, const ply_head *h, const ply_prop *p, const ply_element *e, size_t i, lm_err *err)
{
    size_t n = 1;
    double v;
    lm_status rc = LM_OK;
    if (p->list && (rc = ply_length(c, h, p, e, i, &n, err))) return rc;
    for (; n && !rc; n--) rc = ply_value(c, h, p->type, e, i, &v, err);
    return rc;
}

/* Bytes that the smallest possible rest of the payload takes may not exceed what is left, where that is known. */
static lm_status ply_fits(const ply_cursor *c, const ply_head *h, const ply_element *e, lm_err *err)
{
    size_t need, least = e->least;
    if (lm_io_size(c->in) == UINT64_MAX) return LM_OK;
    uint64_t left = lm_io_size(c->in) - lm_io_tell(c->in) + (c->end - c->at);
    if (h->ascii) /* a digit and a blank each, but for the very last */
        for (size_t k = least = 0; k < e->n; k++) least += h->prop[e->first + k].role == PLY_CORNERS ? 8 : 2;
    if (!lm_mem_mul(e->count, least, &need) || need > left + h->ascii)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "PLY payload: %zu elements '%s' need at least %zu bytes each, %" PRIu64
                          " are left: cut off or a wrong count",
                          e->count, ply_names[e->kind], least, left);
    return LM_OK;
}

/* ---- 4 vertices ---- */

/* How many of `count` items to take memory for at first: all when they are known to be there (ply_fits). */
static size_t ply_start(const ply_cursor *c, size_t count)
{
    return lm_io_size(c->in) != UINT64_MAX || count < PLY_GROW ? count : PLY_GROW;
}

/* Room for `need` of at most `total` items of `size` at *p, doubled as the input proves itself. */
static lm_status ply_room(void *p, size_t *cap, size_t need, size_t total, size_t size, lm_err *err)
{
    if (need <= *cap) return LM_OK;
    size_t bytes, want = *cap > total / 2 ? total : 2 * *cap;
    if (want < need) want = need;
    void *q, *old;
    memcpy(&old, p, sizeof old);
    if (!lm_mem_mul(want, size, &bytes) || !(q = realloc(old, bytes))) return lm_err_nomem(err, want * size);
    memcpy(p, &q, sizeof q);
    *cap = want;
    return LM_OK;
}

/* Records that are just three floats: the payload is the array. */
static lm_status ply_vertices_plain(ply_cursor *c, const ply_element *e, lm_mesh *m, size_t cap, lm_err *err)
{
    lm_status rc;
    for (size_t i = 0; i < e->count;) {
        if ((rc = ply_need(c, 12, e, i, err))) return rc;
        size_t n = (c->end - c->at) / 12;
        if (n > e->count - i) n = e->count - i;
        if ((rc = ply_room(&m->pos, &cap, i + n, e->count, 12, err))) return rc;
        memcpy(m->pos + 3 * i, c->buf + c->at, 12 * n);
        c->at += 12 * n;
        i += n;
    }
    return LM_OK;
}

static lm_status ply_vertices_any(ply_cursor *c, const ply_head *h, const ply_element *e, lm_mesh *m, size_t cap, lm_err *err)
{
    lm_status rc;
    size_t qcap = cap;
    for (size_t i = 0; i < e->count; i++) {
        if ((rc = ply_room(&m->pos, &cap, i + 1, e->count, 12, err))) return rc;
        if (m->quality && (rc = ply_room(&m->quality, &qcap, i + 1, e->count, 4, err))) return rc;
        const unsigned char *row = NULL;
        if (!h->ascii && !e->lists) { /* fixed places: only what is wanted is decoded */
            if ((rc = ply_need(c, e->least, e, i, err))) return rc;
            row = c->buf + c->at;
            c->at += e->least;
        }
        for (const ply_prop *p = h->prop + e->first; p < h->prop + e->first + e->n; p++) {
            double v = 0;
            if (p->role == PLY_SKIP && row) continue;
            if (p->role == PLY_SKIP) rc = ply_skip(c, h, p, e, i, err);
            else if (row && p->type == PLY_F32 && !h->big) v = (double)lm_getf32(row + p->at);
            else if (row) v = ply_decode(row + p->at, p->type, h->big);
            else rc = ply_value(c, h, p->type, e, i, &v, err);
            if (rc) return rc;
            if (p->role == PLY_QUALITY) m->quality[i] = (float)v;
            else if (p->role != PLY_SKIP) m->pos[3 * i + (size_t)(p->role - PLY_X)] = (float)v;
        }
    }
    return LM_OK;
}

static lm_status ply_vertices(ply_cursor *c, const ply_head *h, const ply_element *e, lm_mesh *m, lm_err *err)
{
    const ply_prop *p = h->prop + e->first;
    bool quality = false, plain = !h->ascii && !h->big && e->n == 3;
    for (size_t k = 0; k < e->n; k++) {
        quality = quality || p[k].role == PLY_QUALITY;
        plain = plain && p[k].type == PLY_F32 && p[k].role == (ply_role)(PLY_X + k);
    }
    if (e->count > UINT32_MAX) return lm_err_set(err, LM_ERANGE, NULL, "%zu vertices: the limit is 4294967295", e->count);
    size_t cap = ply_start(c, e->count);
    if (!(m->pos = lm_mem_alloc(cap, 12, err)) || (quality && !(m->quality = lm_mem_alloc(cap, 4, err)))) return LM_ENOMEM;
    lm_status rc = plain ? ply_vertices_plain(c, e, m, cap, err) : ply_vertices_any(c, h, e, m, cap, err);
    if (!rc) m->nv = e->count;
    return rc;
}

/* ---- 5 faces ---- */

static lm_status ply_corner(ply_cursor *c, const ply_head *h, const ply_prop *p, const ply_element *e, size_t i, uint32_t *v,
                            lm_err *err)
{
    double d;
    lm_status rc = ply_value(c, h, p->type, e, i, &d, err);
    if (rc) return rc;
    if (d < 0 || d > UINT32_MAX) return lm_err_set(err, LM_EFORMAT, NULL, "PLY payload: face %zu names vertex %.0f", i, d);
    *v = (uint32_t)d;
    return LM_OK;
}

/* Polygons, as lm_polygon_recut wants them, and the room in the arrays of faces. */
typedef struct {
    uint32_t *poly;
    size_t npoly, pcap, cap, lcap, bcap;
} ply_polygons;

/* One face; a polygon becomes a fan about its first corner, cut anew at the end. */
static lm_status ply_polygon(ply_cursor *c, const ply_head *h, const ply_prop *p, const ply_element *e, size_t i, lm_mesh *m,
                             ply_polygons *f, lm_err *err)
{
    size_t n, at = m->nt;
    uint32_t first, before, v;
    lm_status rc = ply_length(c, h, p, e, i, &n, err);
    if (rc) return rc;
    if (n < 3) return lm_err_set(err, LM_EFORMAT, NULL, "PLY payload: face %zu has %zu corners", i, n);
    if ((rc = ply_corner(c, h, p, e, i, &first, err)) || (rc = ply_corner(c, h, p, e, i, &before, err))) return rc;
    size_t corners = n;
    for (n -= 2; n; n--) {
        if (m->nt == UINT32_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than 4294967295 triangles");
        if ((rc = ply_corner(c, h, p, e, i, &v, err)) || (rc = ply_room(&m->tri, &f->cap, m->nt + 1, UINT32_MAX, 12, err)))
            return rc;
        uint32_t *t = m->tri + 3 * m->nt++;
        t[0] = first;
        t[1] = before;
        t[2] = before = v;
    }
    if (corners == 3) return LM_OK;
    if ((rc = lm_mem_grow(&f->poly, &f->pcap, f->npoly + 2, sizeof *f->poly, err))) return rc;
    f->poly[f->npoly++] = (uint32_t)at;
    f->poly[f->npoly++] = (uint32_t)corners;
    return LM_OK;
}

/* Labels of the triangles from `at` on. */
static lm_status ply_put_labels(lm_mesh *m, ply_polygons *f, size_t at, const uint32_t label[2], const bool has[2], lm_err *err)
{
    lm_status rc;
    if (has[0] && (rc = ply_room(&m->label, &f->lcap, m->nt, UINT32_MAX, 4, err))) return rc;
    if (has[1] && (rc = ply_room(&m->label_back, &f->bcap, m->nt, UINT32_MAX, 4, err))) return rc;
    for (; at < m->nt; at++) {
        if (has[0]) m->label[at] = label[0];
        if (has[1]) m->label_back[at] = label[1];
    }
    return LM_OK;
}

/* One face of any kind. */
static lm_status ply_face(ply_cursor *c, const ply_head *h, const ply_element *e, size_t i, lm_mesh *m, ply_polygons *f,
                          lm_err *err)
{
    size_t at = m->nt;
    uint32_t label[2] = {0, 0};
    bool has[2] = {false, false};
    for (const ply_prop *p = h->prop + e->first; p < h->prop + e->first + e->n; p++) {
        lm_status rc = LM_OK;
        if (p->role == PLY_CORNERS) rc = ply_polygon(c, h, p, e, i, m, f, err);
        else if (p->role >= PLY_LABEL) {
            double v;
            int back = p->role == PLY_LABEL_BACK;
            has[back] = true;
            rc = ply_value(c, h, p->type, e, i, &v, err);
            if (!rc && (v < 0 || v > UINT32_MAX))
                rc = lm_err_set(err, LM_EFORMAT, NULL, "PLY payload: face %zu has the label %.0f", i, v);
            if (!rc) label[back] = (uint32_t)v;
        } else rc = ply_skip(c, h, p, e, i, err);
        if (rc) return rc;
    }
    return ply_put_labels(m, f, at, label, has, err);
}

/* Records that are a list of corners as bytes and 4-byte integers, then at most both labels as 4-byte integers: what we and
 * most others write. Bytes of a triangle, 0: another layout. */
static size_t ply_plain_faces(const ply_head *h, const ply_element *e)
{
    const ply_prop *p = h->prop + e->first;
    bool plain = !h->ascii && !h->big && p->role == PLY_CORNERS && ply_types[p->count].size == 1 && ply_types[p->type].size == 4;
    for (size_t k = 1; k < e->n; k++) plain = plain && p[k].role == (ply_role)(PLY_LABEL + k - 1) && p[k].type == PLY_U32;
    return plain ? PLY_TRIANGLE + 4 * (e->n - 1) : 0;
}

/* A run of triangles of that layout; *done: how many. */
static lm_status ply_faces_plain(ply_cursor *c, size_t stride, size_t most, lm_mesh *m, ply_polygons *f, size_t *done, lm_err *err)
{
    lm_status rc = ply_fill(c, stride, err);
    if (rc) return rc;
    size_t n = (c->end - c->at) / stride, k = 0;
    const unsigned char *b = c->buf + c->at;
    if (n > most) n = most;
    if (n > UINT32_MAX - m->nt) n = UINT32_MAX - m->nt;
    if ((rc = ply_room(&m->tri, &f->cap, m->nt + n, UINT32_MAX, 12, err))) return rc;
    if (stride > PLY_TRIANGLE && (rc = ply_room(&m->label, &f->lcap, m->nt + n, UINT32_MAX, 4, err))) return rc;
    if (stride > PLY_TRIANGLE + 4 && (rc = ply_room(&m->label_back, &f->bcap, m->nt + n, UINT32_MAX, 4, err))) return rc;
    for (uint32_t *t = m->tri + 3 * m->nt; k < n && *b == 3; k++, b += stride, t += 3) {
        memcpy(t, b + 1, 12);
        if (stride > PLY_TRIANGLE) m->label[m->nt + k] = lm_get32(b + PLY_TRIANGLE);
        if (stride > PLY_TRIANGLE + 4) m->label_back[m->nt + k] = lm_get32(b + PLY_TRIANGLE + 4);
    }
    m->nt += k;
    c->at += stride * k;
    *done = k;
    return LM_OK;
}

static lm_status ply_faces(ply_cursor *c, const ply_head *h, const ply_element *e, lm_mesh *m, ply_polygons *f, lm_err *err)
{
    size_t plain = ply_plain_faces(h, e);
    lm_status rc;
    f->cap = ply_start(c, e->count);
    if (!(m->tri = lm_mem_alloc(f->cap, 12, err))) return LM_ENOMEM;
    for (size_t i = 0; i < e->count;) {
        size_t k = 0;
        if (plain && (rc = ply_faces_plain(c, plain, e->count - i, m, f, &k, err))) return rc;
        if (!k && (rc = ply_face(c, h, e, i, m, f, err))) return rc;
        i += k ? k : 1;
    }
    return LM_OK;
}

/* Face labels of other programs may begin at 0, and then number no parts: those of ours never do. */
static lm_status ply_foreign_labels(const ply_head *h, lm_mesh *m, lm_records *rec, lm_err *err)
{
    size_t t = 0;
    if (!m->label || m->label_back || h->parts.n) return LM_OK;
    while (t < m->nt && m->label[t]) t++;
    if (t == m->nt) return LM_OK;
    free(m->label);
    m->label = NULL;
    return lm_record_note(rec, "note", NULL, "faces have the label 0: the labels number no parts and were left out", err);
}

/* ---- 6 reading ---- */

/* Vertices or faces of the solid as it was (mesh.h). */
static lm_status ply_before(ply_cursor *c, const ply_head *h, const ply_element *e, lm_mesh *m, lm_err *err)
{
    ply_polygons f = {.npoly = 0};
    if (!m->before && !(m->before = lm_mem_calloc(1, sizeof *m->before, err))) return LM_ENOMEM;
    lm_mesh *b = m->before;
    lm_status rc = e->kind == PLY_BEFORE_VERTEX ? ply_vertices(c, h, e, b, err) : ply_faces(c, h, e, b, &f, err);
    free(f.poly);
    if (!rc && (f.npoly || b->nv > m->nv))
        rc = lm_err_set(err, LM_EFORMAT, NULL, "PLY payload: the mesh before has polygons, or %zu vertices where the mesh has %zu",
                        b->nv, m->nv);
    return rc;
}

static lm_status ply_elements(ply_cursor *c, const ply_head *h, lm_mesh *m, ply_polygons *f, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t k = 0; k < h->elements && !rc; k++) {
        const ply_element *e = &h->element[k];
        if ((rc = ply_fits(c, h, e, err))) break;
        if (e->kind == PLY_VERTEX) rc = ply_vertices(c, h, e, m, err);
        else if (e->kind == PLY_FACE && e->n) rc = ply_faces(c, h, e, m, f, err);
        else if (e->kind != PLY_OTHER && e->kind != PLY_FACE) rc = ply_before(c, h, e, m, err);
        else if (e->n)
            for (size_t i = 0; i < e->count && !rc; i++)
                for (size_t j = e->first; j < e->first + e->n && !rc; j++) rc = ply_skip(c, h, &h->prop[j], e, i, err);
    }
    if (rc) return rc;
    for (;;) { /* nothing may follow; after text, white space may */
        if ((rc = ply_fill(c, 1, err))) return rc;
        if (c->at == c->end) return LM_OK;
        if (!h->ascii || !isspace(c->buf[c->at]))
            return lm_err_set(err, LM_EFORMAT, NULL, "PLY payload: more bytes than the elements of the header need");
        c->at++;
    }
}

static lm_status ply_payload(ply_cursor *c, const ply_head *h, lm_mesh *m, lm_records *rec, size_t *crossed, lm_err *err)
{
    ply_polygons f = {.npoly = 0};
    lm_status rc = ply_elements(c, h, m, &f, err), io = LM_OK;
    if (!rc && !m->tri && !(m->tri = lm_mem_alloc(0, 12, err))) rc = LM_ENOMEM;
    if (!rc) rc = ply_foreign_labels(h, m, rec, err);
    if (!rc) rc = lm_mesh_validate(m, err);
    if (!rc && m->before && (rc = lm_mesh_validate(m->before, err))) lm_err_frame(err, "the mesh before");
    if (!rc) rc = lm_polygon_recut(m->pos, m->tri, f.poly, f.npoly / 2, crossed, err);
    free(f.poly);
    if (rc && rc != LM_EFORMAT && rc != LM_ERULE) return rc;
    /* Of a stream with our checksum, "cut off" or "altered" is the answer, not what a damaged number led to. */
    lm_err first = rc && err ? *err : (lm_err)LM_ERR_INIT;
    while (h->said.has_bytes && !c->eof && !io) {
        c->at = c->end;
        io = ply_fill(c, 1, err);
    }
    if (!io) io = lm_record_payload_check(&h->said, "PLY", c->crc, c->bytes, err);
    if (!io && rc && err) *err = first;
    return io ? io : rc;
}

lm_status lm_ply_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    ply_head *h = lm_mem_calloc(1, sizeof *h, err);
    ply_cursor c = {.in = in};
    char *line = lm_mem_alloc(PLY_LINE, 1, err);
    lm_mesh_release(mesh);
    lm_record_release(rec);
    c.buf = lm_mem_alloc(PLY_BLOCK, 1, err);
    size_t crossed = 0;
    lm_status rc = h && line && c.buf ? ply_header(in, h, rec, line, err) : LM_ENOMEM;
    if (!rc) rc = ply_payload(&c, h, mesh, rec, &crossed, err);
    if (!rc && crossed) {
        snprintf(line, PLY_LINE, "%zu polygon(s) cross themselves or have no area: their triangles may overlap", crossed);
        rc = lm_record_note(rec, "warning", NULL, line, err);
    }
    if (!rc) {
        mesh->space = h->space;
        mesh->parts = h->parts;
        h->parts = (lm_parts)LM_PARTS_INIT;
        rec->unit_mm = h->unit_mm;
        lm_record_check(rec, c.crc, c.bytes);
    } else {
        lm_mesh_release(mesh);
        lm_record_release(rec);
    }
    if (h) free(h->text), lm_parts_release(&h->parts);
    free(h);
    free(line);
    free(c.buf);
    return rc;
}
