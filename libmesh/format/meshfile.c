/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/meshfile.h"
#include "base/bytes.h"
#include "format/stl.h"
#include "format/threemf.h"
#include "stream/ply.h"

#include <string.h>
#include <strings.h>

/* Formats that are met where a mesh is asked for, and cannot be read. The short words count in text only. */
static const struct {
    const char *magic;
    size_t at;
    const char *says;
} meshfile_known[] = {
    {"NRRD000", 0, "this is a volume (NRRD), not a mesh: mcubes makes one of it"},
    {"DICM", 128, "this is a DICOM file, not a mesh: dcmseg and mcubes make one of a series"},
    {"PK\3\4", 0, "reading 3MF or another ZIP package is not supported yet; PLY and STL are"},
    {"\x1f\x8b", 0, "this is compressed by gzip: unpack it first"},
    {"glTF", 0, "glTF is not supported yet; PLY and STL are"},
    {"# vtk DataFile", 0, "VTK files are not supported yet; PLY and STL are"},
    {"<?xml", 0, "XML files (AMF, X3D, VTK) are not supported yet; PLY and STL are"},
};

/* Text whose first line that is no comment begins with a keyword of OBJ, or of OFF. */
static bool meshfile_is_text(const char *p, size_t n, const char *const *word)
{
    const char *end = p + n;
    if (memchr(p, 0, n)) return false;
    while (p < end) {
        const char *line = p, *nl = memchr(p, '\n', (size_t)(end - p));
        p = nl ? nl + 1 : end;
        if (*line == '#' || *line == '\r' || *line == '\n') continue;
        size_t len = 0;
        while (line + len < p && !strchr(" \t\r\n", line[len])) len++;
        for (; *word; word++)
            if (len == strlen(*word) && !memcmp(line, *word, len)) return true;
        return false;
    }
    return false;
}

static lm_status meshfile_foreign(const char *p, size_t n, lm_err *err)
{
    static const char *const obj[] = {"v", "vt", "vn", "vp", "f", "o", "g", "s", "mtllib", "usemtl", NULL};
    static const char *const off[] = {"OFF", "COFF", "NOFF", "CNOFF", "STOFF", NULL};
    for (size_t i = 0; i < sizeof meshfile_known / sizeof *meshfile_known; i++) {
        size_t len = strlen(meshfile_known[i].magic);
        if (n >= meshfile_known[i].at + len && !memcmp(p + meshfile_known[i].at, meshfile_known[i].magic, len))
            return lm_err_set(err, LM_EFORMAT, NULL, "%s", meshfile_known[i].says);
    }
    if (meshfile_is_text(p, n, obj)) return lm_err_set(err, LM_EFORMAT, NULL, "OBJ is not supported yet; PLY and STL are");
    if (meshfile_is_text(p, n, off)) return lm_err_set(err, LM_EFORMAT, NULL, "OFF is not supported yet; PLY and STL are");
    return LM_OK;
}

static lm_status meshfile_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    enum { LOOK = 4096 };
    const unsigned char *p;
    size_t n;
    lm_status rc = lm_io_peek(in, LOOK, &p, &n, err);
    if (rc) return rc;
    if (n >= 4 && !memcmp(p, "ply", 3) && (p[3] == '\n' || p[3] == '\r' || p[3] == ' ')) return lm_ply_read(in, mesh, rec, err);
    /* A binary STL has no magic and may begin with anything, but its size is known by its count. */
    bool stl = n >= 84 && lm_io_size(in) == 84 + 50 * (uint64_t)lm_get32(p + 80);
    if (!stl && (rc = meshfile_foreign((const char *)p, n, err))) return rc;
    return lm_stl_read(in, mesh, err);
}

lm_status lm_meshfile_load(const char *path, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    lm_in *in = NULL;
    lm_status rc = lm_io_open(path, &in, err);
    if (rc) return rc;
    lm_record_release(rec);
    if ((rc = meshfile_read(in, mesh, rec, err))) lm_err_frame(err, "cannot read '%s'", lm_io_name(in));
    lm_io_close(in);
    return rc;
}

static const struct {
    const char *name;
    lm_meshfile_format format;
} meshfile_names[] = {{"ply", LM_MESHFILE_PLY}, {"stl", LM_MESHFILE_STL}, {"stl-ascii", LM_MESHFILE_STL_ASCII}, {"3mf", LM_MESHFILE_3MF}};

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
    return lm_err_set(err, LM_EUSAGE, NULL, "mesh format '%s' is unknown: ply, stl, stl-ascii, 3mf", name);
}

lm_status lm_meshfile_suffix(const char *path, lm_meshfile_format *out, lm_err *err)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    *out = LM_MESHFILE_PLY;
    if (!strcmp(path, "-")) return LM_OK;
    if (dot && !lm_meshfile_parse(dot + 1, out, NULL)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "'%s' has no suffix that names a mesh format (.ply, .stl, .3mf): rename it or name the format", path);
}

/* SHA-256 of the source's pixels, as dcmseg recorded it, or NULL. */
static const char *meshfile_source(const lm_records *rec)
{
    const json_t *seg = lm_record_last(rec, "dcmseg");
    return json_string_value(json_object_get(json_object_get(seg, "source"), "sha256_pixels"));
}

lm_status lm_meshfile_write(lm_out *out, const lm_meshfile_opt *opt, const lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    lm_stl_opt stl = {.ascii = opt->format == LM_MESHFILE_STL_ASCII, .name = opt->title, .case_id = opt->case_id};
    lm_threemf_opt tmf = {.title = opt->title, .case_id = opt->case_id, .source_sha256 = meshfile_source(rec), .verdict = opt->verdict,
                          .threads = opt->threads};
    switch (opt->format) {
    case LM_MESHFILE_STL:
    case LM_MESHFILE_STL_ASCII: return lm_stl_write(out, &stl, mesh, err);
    case LM_MESHFILE_3MF: return lm_threemf_write(out, &tmf, mesh, err);
    default: return lm_ply_write(out, mesh, rec, err);
    }
}

lm_status lm_meshfile_save(const char *path, const lm_meshfile_opt *opt, const lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    lm_meshfile_opt o = *opt;
    lm_out *out = NULL;
    lm_status rc = o.format == LM_MESHFILE_AUTO ? lm_meshfile_suffix(path, &o.format, err) : LM_OK;
    if (rc) return rc;
    if ((rc = lm_io_create(path, o.format == LM_MESHFILE_STL_ASCII, &out, err))) return rc;
    if (!(rc = lm_meshfile_write(out, &o, mesh, rec, err))) return lm_io_commit(out, err);
    lm_io_abort(out);
    return lm_err_frame(err, "cannot write '%s'", strcmp(path, "-") ? path : "standard output");
}
