/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"
#include "base/mem.h"
#include "base/version.h"
#include "stream/ply.h"
#include "stream/ply_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PLY_WRITE_LINE = LM_PLY_PARTS_LINE, PLY_WRITE_BLOCK = 1 << 20, PLY_WRITE_TRIANGLE = 13 };

/* Bytes of a face. */
static size_t ply_write_face(const lm_mesh *m)
{
    return (size_t)PLY_WRITE_TRIANGLE + (m->label ? 4 : 0) + (m->label && m->label_back ? 4 : 0);
}

static bool ply_write_colours(const lm_mesh *m)
{
    return m->quality && m->quality_range > 0;
}

/* Bytes of a vertex. */
static size_t ply_write_vertex(const lm_mesh *m)
{
    return 12 + (m->quality ? 4 : 0) + (ply_write_colours(m) ? 3 : 0);
}

/* Blue at -1, white at 0, red at 1. */
static void ply_write_colour(double x, unsigned char rgb[3])
{
    double fade = 255 * (1 - (x < -1 || x > 1 ? 1 : x < 0 ? -x : x));
    unsigned char f = (unsigned char)(fade + 0.5);
    rgb[0] = x < 0 ? f : 255;
    rgb[1] = f;
    rgb[2] = x > 0 ? f : 255;
}

/* One mesh of the payload. */
static void ply_write_mesh(lm_out *out, const lm_mesh *m, unsigned char *buf, uint32_t *crc)
{
    size_t stride = ply_write_vertex(m), per = PLY_WRITE_BLOCK / stride;
    for (size_t at = 0; at < m->nv; at += per) {
        size_t n = m->nv - at < per ? m->nv - at : per;
        const void *p = m->pos + 3 * at;
        for (size_t i = 0; m->quality && i < n; i++) {
            unsigned char *b = buf + stride * i;
            memcpy(b, m->pos + 3 * (at + i), 12);
            memcpy(b + 12, m->quality + at + i, 4);
            if (stride > 16) ply_write_colour((double)m->quality[at + i] / m->quality_range, b + 16);
        }
        if (m->quality) p = buf;
        if (out) lm_io_write(out, p, n * stride);
        else *crc = lm_hash_crc32(*crc, p, n * stride);
    }
    stride = ply_write_face(m);
    per = PLY_WRITE_BLOCK / stride;
    for (size_t at = 0; at < m->nt; at += per) {
        size_t n = m->nt - at < per ? m->nt - at : per;
        unsigned char *b = buf;
        for (size_t i = 0; i < n; i++, b += stride) {
            *b = 3;
            memcpy(b + 1, m->tri + 3 * (at + i), 12);
            if (m->label) memcpy(b + PLY_WRITE_TRIANGLE, m->label + at + i, 4);
            if (m->label && m->label_back) memcpy(b + PLY_WRITE_TRIANGLE + 4, m->label_back + at + i, 4);
        }
        if (out) lm_io_write(out, buf, n * stride);
        else *crc = lm_hash_crc32(*crc, buf, n * stride);
    }
}

/* The payload in blocks: first only for its checksum (out NULL), then for good. */
static void ply_write_payload(lm_out *out, const lm_mesh *m, unsigned char *buf, uint32_t *crc)
{
    ply_write_mesh(out, m, buf, crc);
    if (m->before) ply_write_mesh(out, m->before, buf, crc);
}

static uint64_t ply_write_bytes(const lm_mesh *m)
{
    uint64_t bytes = (uint64_t)m->nv * ply_write_vertex(m) + (uint64_t)m->nt * ply_write_face(m);
    return m->before ? bytes + ply_write_bytes(m->before) : bytes;
}

lm_status lm_ply_checksum(const lm_mesh *mesh, uint32_t *crc, uint64_t *bytes, lm_err *err)
{
    unsigned char *buf = lm_mem_alloc(PLY_WRITE_BLOCK, 1, err);
    if (!buf) return LM_ENOMEM;
    *crc = 0;
    *bytes = ply_write_bytes(mesh);
    ply_write_payload(NULL, mesh, buf, crc);
    free(buf);
    return LM_OK;
}

/* Bytes of the next piece of s (ASCII), of at most room: no piece begins or ends with a blank, which editors trim. */
static size_t ply_write_piece(const char *s, size_t room)
{
    size_t n = strnlen(s, room), k = n;
    if (!s[n]) return n;
    while (k > 1 && (s[k - 1] == ' ' || s[k] == ' ')) k--;
    return k > 1 ? k : n;
}

static lm_status ply_write_records(lm_out *out, const lm_records *rec, lm_err *err)
{
    enum { PREFIX = 44 }; /* "obj_info meshqa_record 1000 K/M " with K and M up to 1048576, and the line end */
    for (size_t i = 0; i < rec->n; i++) {
        char *text = lm_record_text(rec->item[i], err);
        if (!text) return err ? err->code : LM_ENOMEM;
        size_t m = 0, k = 0;
        for (const char *s = text; *s; s += ply_write_piece(s, PLY_WRITE_LINE - PREFIX)) m++;
        for (const char *s = text; *s;) {
            size_t n = ply_write_piece(s, PLY_WRITE_LINE - PREFIX);
            lm_io_printf(out, "obj_info meshqa_record %zu %zu/%zu %.*s\n", i + 1, ++k, m, (int)n, s);
            s += n;
        }
        free(text);
    }
    return LM_OK;
}

lm_status lm_ply_write(lm_out *out, const lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    static const char *const space[] = {
        [LM_SPACE_UNKNOWN] = "", [LM_SPACE_LPS] = "comment SPACE=LPS\n", [LM_SPACE_RAS] = "comment SPACE=RAS\n"};
    uint64_t bytes = ply_write_bytes(mesh);
    uint32_t crc = 0;
    if (mesh->nv > INT32_MAX)
        return lm_err_set(err, LM_ERANGE, NULL, "%zu vertices: PLY numbers them by int, at most 2147483647", mesh->nv);
    unsigned char *buf = lm_mem_alloc(PLY_WRITE_BLOCK, 1, err);
    if (!buf) return LM_ENOMEM;
    ply_write_payload(NULL, mesh, buf, &crc);
    lm_status rc = lm_record_seal(rec, crc, bytes, err);
    if (!rc) {
        lm_io_printf(out, "ply\nformat binary_little_endian 1.0\n%sobj_info units mm\nobj_info meshqa_schema %d\n",
                     space[mesh->space], LM_SCHEMA);
        lm_io_printf(out, "obj_info meshqa_payload %" PRIu64 " %08" PRIx32 "\n", bytes, crc);
        lm_ply_parts_write(out, &mesh->parts);
        rc = ply_write_records(out, rec, err);
    }
    if (!rc) {
        if (ply_write_colours(mesh))
            lm_io_printf(out, "comment colours show quality: blue %g, white 0, red %g\n", -mesh->quality_range,
                         mesh->quality_range);
        lm_io_printf(out, "element vertex %zu\nproperty float x\nproperty float y\nproperty float z\n%s%s", mesh->nv,
                     mesh->quality ? "property float quality\n" : "",
                     ply_write_colours(mesh) ? "property uchar red\nproperty uchar green\nproperty uchar blue\n" : "");
        lm_io_printf(out, "element face %zu\nproperty list uchar int vertex_indices\n%s%s", mesh->nt,
                     mesh->label ? "property uint label\n" : "",
                     mesh->label && mesh->label_back ? "property uint label_back\n" : "");
        if (mesh->before)
            lm_io_printf(out,
                         "element before_vertex %zu\nproperty float x\nproperty float y\nproperty float z\n"
                         "element before_face %zu\nproperty list uchar int vertex_indices\n",
                         mesh->before->nv, mesh->before->nt);
        lm_io_printf(out, "end_header\n");
        ply_write_payload(out, mesh, buf, &crc);
    }
    free(buf);
    return rc;
}
