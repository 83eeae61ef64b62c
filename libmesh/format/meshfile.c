/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/meshfile.h"
#include "base/bytes.h"
#include "format/meshtext.h"
#include "format/obj.h"
#include "format/off.h"
#include "format/stl.h"
#include "format/stl_parts.h"
#include "format/threemf.h"
#include "format/threemf_read.h"
#include "shell/extras.h"
#include "shell/scale.h"
#include "stream/ply.h"
#include "surface/share.h"
#include "surface/split.h"
#include "volume/terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Formats that are met where a mesh is asked for, and cannot be read. */
static const struct {
    const char *magic;
    size_t at;
    const char *says;
} meshfile_known[] = {
    {"NRRD000", 0, "this is a volume (NRRD), not a mesh: mcubes makes one of it"},
    {"DICM", 128, "this is a DICOM file, not a mesh: dcmseg and mcubes make one of a series"},
    {"\x1f\x8b", 0, "this is compressed by gzip: unpack it first"},
    {"glTF", 0, "glTF is not read; PLY, STL, 3MF, OBJ and OFF are"},
    {"# vtk DataFile", 0, "VTK files are not read; PLY, STL, 3MF, OBJ and OFF are"},
    {"<?xml", 0, "XML files (AMF, X3D, VTK) are not read; PLY, STL, 3MF, OBJ and OFF are"},
};

static lm_status meshfile_foreign(const unsigned char *p, size_t n, lm_err *err)
{
    for (size_t i = 0; i < sizeof meshfile_known / sizeof *meshfile_known; i++) {
        size_t len = strlen(meshfile_known[i].magic);
        if (n >= meshfile_known[i].at + len && !memcmp(p + meshfile_known[i].at, meshfile_known[i].magic, len))
            return lm_err_set(err, LM_EFORMAT, NULL, "%s", meshfile_known[i].says);
    }
    return LM_OK;
}

/* Text whose first line that is no comment begins with a word of OBJ. */
static bool meshfile_is_obj(const char *p, size_t n)
{
    static const char *const word[] = {"v", "vt", "vn", "vp", "f", "o", "g", "s", "mtllib", "usemtl", NULL};
    const char *end = p + n;
    if (memchr(p, 0, n)) return false;
    while ((p = lm_meshtext_skip(p, end)) < end) {
        if (*p == '#') {
            while (p < end && *p != '\n' && *p != '\r') p++;
            continue;
        }
        size_t len = 0;
        while (p + len < end && lm_meshtext_skip(p + len, end) == p + len) len++;
        for (size_t i = 0; word[i]; i++)
            if (len == strlen(word[i]) && !memcmp(p, word[i], len)) return true;
        return false;
    }
    return false;
}

/* *stream: it is what our own tools send. */
static lm_status meshfile_read(lm_in *in, lm_mesh *mesh, lm_records *rec, bool *stream, lm_err *err)
{
    enum { LOOK = 65536 };
    const unsigned char *p;
    size_t n;
    lm_status rc = lm_io_peek(in, LOOK, &p, &n, err);
    if (rc) return rc;
    *stream = n >= 4 && !memcmp(p, "ply", 3) && (p[3] == '\n' || p[3] == '\r' || p[3] == ' ');
    if (*stream) return lm_ply_read(in, mesh, rec, err);
    /* A binary STL has no magic and may begin with anything, but its size is known by its count. */
    bool stl = n >= 84 && lm_io_size(in) == 84 + 50 * (uint64_t)lm_get32(p + 80);
    if (!stl && (rc = meshfile_foreign(p, n, err))) return rc;
    if (!stl && n >= 4 && !memcmp(p, "PK\3\4", 4)) return lm_threemf_read(in, mesh, rec, err);
    if (!stl && lm_off_begins((const char *)p, n)) return lm_off_read(in, mesh, rec, err);
    if (!stl && meshfile_is_obj((const char *)p, n)) return lm_obj_read(in, mesh, rec, err);
    return lm_stl_read(in, mesh, rec, err);
}

/* ---- what the coordinates mean ---- */

static const struct {
    const char *name;
    double mm;
} meshfile_units[] = {{"um", 0.001}, {"mm", 1}, {"cm", 10}, {"inch", 25.4}, {"ft", 304.8}, {"m", 1000}};

static const char *meshfile_unit(double mm)
{
    for (size_t i = 0; i < sizeof meshfile_units / sizeof *meshfile_units; i++)
        if (meshfile_units[i].mm == mm) return meshfile_units[i].name;
    return "?";
}

static lm_status meshfile_scale(const lm_meshfile_in *o, lm_mesh *m, lm_records *rec, lm_err *err)
{
    char text[160];
    double mm = rec->unit_mm ? rec->unit_mm : o->unit_mm ? o->unit_mm : 1;
    if (rec->unit_mm && o->unit_mm && rec->unit_mm != o->unit_mm)
        return lm_err_set(err, LM_EUSAGE, NULL, "the file says that its unit is %s, so %s cannot be taken",
                          meshfile_unit(rec->unit_mm), meshfile_unit(o->unit_mm));
    if (mm == 1) return LM_OK;
    for (size_t i = 0; i < 3 * m->nv; i++) m->pos[i] = (float)(m->pos[i] * mm);
    lm_mesh_forget(m);
    rec->belong = false;
    snprintf(text, sizeof text, "read in %s%s: coordinates were multiplied by %g to be millimetres", meshfile_unit(mm),
             rec->unit_mm ? "" : ", as stated by the user", mm);
    lm_status rc = lm_mesh_validate(m, err);
    return rc ? lm_err_frame(err, "scaled by %g", mm) : lm_record_note(rec, "note", NULL, text, err);
}

static lm_status meshfile_turn(const lm_meshfile_in *o, lm_mesh *m, lm_records *rec, lm_err *err)
{
    bool said = m->space != LM_SPACE_UNKNOWN;
    if (said && o->space != LM_SPACE_UNKNOWN && o->space != m->space)
        return lm_err_set(err, LM_EUSAGE, NULL, "the file says SPACE=%s, so the other space cannot be taken",
                          m->space == LM_SPACE_LPS ? "LPS" : "RAS");
    if (!said) m->space = o->space;
    if (m->space != LM_SPACE_RAS) return LM_OK;
    for (size_t v = 0; v < m->nv; v++) {
        m->pos[3 * v] = 0 - m->pos[3 * v]; /* never -0 */
        m->pos[3 * v + 1] = 0 - m->pos[3 * v + 1];
    }
    m->space = LM_SPACE_LPS;
    lm_mesh_forget(m);
    rec->belong = false;
    return lm_record_note(rec, "note", NULL,
                          said ? "SPACE=RAS was turned into LPS: x and y negated"
                               : "RAS, as stated by the user, was turned into LPS: x and y negated",
                          err);
}

/* A part of a patient is between a millimetre and three metres long. */
static lm_status meshfile_plausible(const lm_meshfile_in *o, const lm_mesh *m, lm_records *rec, lm_err *err)
{
    const double least = 1, most = 3000;
    double lo[3], hi[3], size = 0;
    char text[400], fit[120] = "";
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++)
        if (hi[c] - lo[c] > size) size = hi[c] - lo[c];
    if (rec->n || size == 0 || (size >= least && size <= most)) return LM_OK;
    for (size_t i = 0, used = 0; i < sizeof meshfile_units / sizeof *meshfile_units; i++) {
        double as = size * meshfile_units[i].mm;
        if (meshfile_units[i].mm == 304.8 || as < least || as > most) continue;
        used += (size_t)snprintf(fit + used, sizeof fit - used, "%s%s (%.4g mm)", used ? ", " : "", meshfile_units[i].name, as);
    }
    if (rec->unit_mm || o->unit_mm)
        snprintf(text, sizeof text,
                 "largest extent %.4g mm: not plausible for a part of a patient (%g to %g mm); is the unit that %s right?", size,
                 least, most, rec->unit_mm ? "the file states" : "was stated");
    else
        snprintf(text, sizeof text,
                 "the file states no unit and was read in mm; its largest extent of %.4g mm is not plausible for a part of a "
                 "patient (%g to %g mm)%s%s",
                 size, least, most, *fit ? "; these would fit: " : "", fit);
    return lm_record_note(rec, "warning", NULL, text, err);
}

/* Names that people gave their parts go on when they are anatomical terms (DESIGN 1.5); names in our stream have passed that. */
static lm_status meshfile_known_names(const lm_meshfile_in *o, lm_mesh *m, lm_records *rec, lm_err *err)
{
    char none[LM_PART_NAME], text[120];
    size_t dropped = 0;
    for (size_t i = 0; i < m->parts.n && !o->keep_names; i++) {
        lm_part *p = &m->parts.item[i];
        snprintf(none, sizeof none, "part-%u", p->label);
        if (!p->name[0] || lm_terms_known(p->name) || lm_refbody_name(p->name)) continue;
        dropped += strcmp(p->name, none) != 0;
        memset(p->name, 0, sizeof p->name);
    }
    if (!dropped) return LM_OK;
    snprintf(text, sizeof text, "%zu name(s) of parts that are no anatomical terms were left out", dropped);
    return lm_record_note(rec, "note", NULL, text, err);
}

static lm_status meshfile_walls(lm_mesh *m, lm_records *rec, lm_err *err)
{
    char text[120];
    size_t walls;
    lm_status rc = lm_share_run(m, &walls, err);
    if (rc || !walls) return rc;
    snprintf(text, sizeof text, "%zu triangles that two parts have in common were made walls of both", walls);
    return lm_record_note(rec, "note", NULL, text, err);
}

static lm_status meshfile_join(const lm_meshfile_in *o, lm_mesh *m, lm_records *rec, lm_err *err)
{
    uint32_t *label;
    size_t n, walls;
    char text[160];
    bool patches = false;
    lm_status rc = LM_OK;
    if (o->parts && o->bodies && !rec->n) rc = lm_share_patches(m, &patches, err);
    if (rc || !m->label || (o->parts && !patches)) return rc;
    rc = lm_mesh_labels(m, &label, &n, err);
    if (rc) return rc;
    free(label);
    if ((rc = lm_split_join(m, &walls, err))) return rc;
    int used = snprintf(text, sizeof text, "%zu parts of the file%s were taken as one mesh", n,
                        patches ? ", patches of one surface," : "");
    if (walls) snprintf(text + used, sizeof text - (size_t)used, ", without the walls that they share (%zu triangles)", walls);
    if (walls) rec->belong = false;
    return lm_record_note(rec, "note", NULL, text, err);
}

lm_status lm_meshfile_load_as(const char *path, const lm_meshfile_in *opt, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    static const lm_meshfile_in none = LM_MESHFILE_IN_INIT;
    lm_in *in = NULL;
    const lm_meshfile_in *o = opt ? opt : &none;
    lm_status rc = lm_io_open(path, &in, err);
    if (rc) return rc;
    lm_record_release(rec);
    bool stream = false;
    if ((rc = meshfile_read(in, mesh, rec, &stream, err)) || (!stream && (rc = meshfile_known_names(o, mesh, rec, err))) ||
        (!stream && o->parts && (rc = meshfile_walls(mesh, rec, err))) || (rc = meshfile_scale(o, mesh, rec, err)) ||
        (rc = meshfile_turn(o, mesh, rec, err)) || (rc = meshfile_plausible(o, mesh, rec, err)) ||
        (rc = meshfile_join(o, mesh, rec, err))) {
        lm_err_frame(err, "cannot read '%s'", lm_io_name(in));
        lm_mesh_release(mesh);
        lm_record_release(rec);
    }
    lm_io_close(in);
    return rc;
}

lm_status lm_meshfile_load(const char *path, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    return lm_meshfile_load_as(path, NULL, mesh, rec, err);
}

static const struct {
    const char *name;
    lm_meshfile_format format;
} meshfile_names[] = {{"ply", LM_MESHFILE_PLY}, {"stl", LM_MESHFILE_STL}, {"stl-ascii", LM_MESHFILE_STL_ASCII},
                      {"3mf", LM_MESHFILE_3MF}, {"obj", LM_MESHFILE_OBJ}, {"off", LM_MESHFILE_OFF}};

const char *lm_meshfile_name(lm_meshfile_format f)
{
    for (size_t i = 0; i < sizeof meshfile_names / sizeof *meshfile_names; i++)
        if (meshfile_names[i].format == f) return meshfile_names[i].name;
    return "auto";
}

lm_status lm_meshfile_parse(const char *name, lm_meshfile_format *out, lm_err *err)
{
    for (size_t i = 0; i < sizeof meshfile_names / sizeof *meshfile_names; i++)
        if (!strcasecmp(name, meshfile_names[i].name)) {
            *out = meshfile_names[i].format;
            return LM_OK;
        }
    return lm_err_set(err, LM_EUSAGE, NULL, "mesh format '%s' is unknown: ply, stl, stl-ascii, 3mf, obj, off", name);
}

lm_status lm_meshfile_fits(const lm_mesh *mesh, lm_meshfile_format format, const lm_records *rec, double bytes, size_t *triangles,
                           lm_err *err)
{
    enum { FACET = 50, FACET_HEAD = 84, RECORD = 16384, PART = 512 };
    uint32_t *label = NULL;
    size_t parts;
    double each = FACET, fixed = FACET_HEAD;
    lm_status rc = lm_mesh_labels(mesh, &label, &parts, err);
    free(label);
    if (rc) return rc;
    if (format == LM_MESHFILE_STL) {
        for (size_t t = 0; mesh->label_back && t < mesh->nt; t++) fixed += mesh->label_back[t] ? FACET : 0; /* walls stand twice */
        fixed += FACET_HEAD * (double)(parts ? parts - 1 : 0);
    } else if (format == LM_MESHFILE_PLY) {
        double vertex = mesh->quality ? 16 : 12, half = (double)mesh->nt / 2;
        /* seams have more triangles than two at an edge: a tenth more vertices is more than they make */
        each = 13 + (mesh->label ? 4 : 0) + (mesh->label_back ? 4 : 0) + vertex * (mesh->label_back ? 0.55 : 0.5);
        fixed = RECORD + PART * (double)parts + ((double)mesh->nv > half ? vertex * ((double)mesh->nv - half) : 0);
        for (size_t i = 0; i < rec->n; i++) {
            size_t n = json_dumpb(rec->item[i], NULL, 0, JSON_COMPACT);
            fixed += 1.5 * (double)n; /* in lines of at most 200 bytes, each with a prefix */
        }
    } else
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "the size of a %s file cannot be told beforehand: write PLY or binary STL, or give a number",
                          lm_meshfile_name(format));
    *triangles = bytes > fixed ? (size_t)((bytes - fixed) / each) : 0;
    return LM_OK;
}

lm_status lm_meshfile_suffix(const char *path, lm_meshfile_format *out, lm_err *err)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    *out = LM_MESHFILE_PLY;
    if (!strcmp(path, "-")) return LM_OK;
    if (dot && !lm_meshfile_parse(dot + 1, out, NULL)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "'%s' has no suffix that names a mesh format (.ply, .stl, .3mf, .obj, .off): rename it or name the format",
                      path);
}

/* SHA-256 of the source's pixels, as dcmseg recorded it, or NULL. */
static const char *meshfile_source(const lm_records *rec)
{
    const json_t *seg = lm_record_last(rec, "dcmseg");
    return json_string_value(json_object_get(json_object_get(seg, "source"), "sha256_pixels"));
}

lm_status lm_meshfile_write(lm_out *out, const lm_meshfile_opt *opt, const lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    char sizes[200], scale[LM_SCALE_TEXT], shrunk[LM_SCALE_TEXT];
    const double print = rec ? lm_scale_of(rec) : 1;
    const char *id = opt->case_id ? opt->case_id : rec ? lm_record_case(rec) : NULL;
    lm_stl_opt stl = {.ascii = opt->format == LM_MESHFILE_STL_ASCII, .name = opt->title, .case_id = id};
    lm_threemf_opt tmf = {.title = opt->title,
                          .case_id = id,
                          .source_sha256 = meshfile_source(rec),
                          .verdict = opt->verdict,
                          .scale = print == 1 ? NULL : lm_scale_ratio(print, scale),
                          .shrinkage = lm_scale_shrunk(rec, shrunk),
                          .reference = lm_extras_sizes(rec, sizes, sizeof sizes),
                          .threads = opt->threads};
    switch (opt->format) {
    case LM_MESHFILE_STL:
    case LM_MESHFILE_STL_ASCII: return lm_stl_write(out, &stl, mesh, err);
    case LM_MESHFILE_OBJ: return lm_obj_write(out, &(lm_obj_opt){opt->title, id}, mesh, err);
    case LM_MESHFILE_OFF: return lm_off_write(out, &(lm_off_opt){opt->title, id}, mesh, err);
    case LM_MESHFILE_3MF: return lm_threemf_write(out, &tmf, mesh, err);
    default: return lm_ply_write(out, mesh, rec, err);
    }
}

lm_status lm_meshfile_stage(const char *path, const lm_meshfile_opt *opt, const lm_mesh *mesh, lm_records *rec, lm_out **out,
                            lm_err *err)
{
    lm_meshfile_opt o = *opt;
    lm_status rc = o.format == LM_MESHFILE_AUTO ? lm_meshfile_suffix(path, &o.format, err) : LM_OK;
    *out = NULL;
    if (rc) return rc;
    bool text = o.format == LM_MESHFILE_STL_ASCII || o.format == LM_MESHFILE_OBJ || o.format == LM_MESHFILE_OFF;
    if (mesh->label && (o.format == LM_MESHFILE_STL || o.format == LM_MESHFILE_STL_ASCII))
        return lm_stl_parts_stage(path, &(lm_stl_opt){.ascii = text, .case_id = o.case_id}, mesh, out, err);
    if ((rc = lm_io_create(path, text, out, err))) return rc;
    if ((rc = lm_meshfile_write(*out, &o, mesh, rec, err)))
        lm_err_frame(err, "cannot write '%s'", strcmp(path, "-") ? path : "standard output");
    else rc = lm_io_flush(*out, err);
    if (rc) lm_io_abort(*out);
    if (rc) *out = NULL;
    return rc;
}

lm_status lm_meshfile_save(const char *path, const lm_meshfile_opt *opt, const lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    lm_out *out;
    lm_status rc = lm_meshfile_stage(path, opt, mesh, rec, &out, err);
    return rc ? rc : lm_io_commit(out, err);
}
