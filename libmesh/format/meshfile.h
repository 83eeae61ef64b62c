/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshfile.h: load and save a mesh in any format we know: recognised by content on reading, by suffix or by name on
 * writing. The one place that knows the list of mesh formats. */
#ifndef LM_FORMAT_MESHFILE_H
#define LM_FORMAT_MESHFILE_H

#include "base/io.h"
#include "stream/record.h"
#include "surface/mesh.h"

typedef enum {
    LM_MESHFILE_AUTO,
    LM_MESHFILE_PLY,
    LM_MESHFILE_STL,
    LM_MESHFILE_STL_ASCII,
    LM_MESHFILE_3MF,
    LM_MESHFILE_OBJ,
    LM_MESHFILE_OFF
} lm_meshfile_format;

typedef struct {
    double unit_mm;  /* what the user says of the unit of a file that names none, in mm; 0: nothing, millimetres are meant */
    lm_space space;  /* what the user says of the space of a file that names none */
    bool parts;      /* keep the labels of a mesh of several parts; else they are dropped, with a note */
    bool bodies;     /* with parts: those of a file of others that are patches of one surface are taken as one, with a note */
    bool keep_names; /* of parts: also those that are no anatomical terms (terms.h) */
} lm_meshfile_in;
#define LM_MESHFILE_IN_INIT \
    { \
        .unit_mm = 0 \
    }

typedef struct {
    lm_meshfile_format format; /* AUTO: by suffix; PLY for "-" */
    const char *title;         /* 3MF: Title and object name, STL: name in the header; NULL: "part" */
    const char *case_id;       /* given by the user (--case); NULL: that in the records, or none; goes into the file */
    const char *verdict;       /* "pass", "fail", ..., or NULL */
    int threads;               /* 0: as lm_pool_threads */
} lm_meshfile_opt;
#define LM_MESHFILE_OPT_INIT \
    { \
        .format = LM_MESHFILE_AUTO \
    }

/* Read path ("-" = standard input): PLY, STL, 3MF, OBJ, OFF. The mesh comes in millimetres, and in LPS where a space is known:
 * another unit is scaled, RAS turned by negating x and y, each with a note (record.h) that goes into the next record. A
 * largest extent outside 1 mm .. 3000 mm is a warning, which says what unit would fit. In other formats than PLY, parts have their
 * walls each for itself: those that fit are made walls of both (share.h). STL is indexed by bit-equal coordinates
 * (-0 taken as +0). rec may end up without records. in may be NULL. LM_EUSAGE when in contradicts the file. */
LM_CHECKED lm_status lm_meshfile_load_as(const char *path, const lm_meshfile_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err);
/* The same with nothing said by the user. */
LM_CHECKED lm_status lm_meshfile_load(const char *path, lm_mesh *mesh, lm_records *rec, lm_err *err);
/* Write path ("-" = standard output) and commit. Only PLY carries records; OFF holds one part; several parts as
 * STL become one file each (stl_parts.h). */
LM_CHECKED lm_status lm_meshfile_save(const char *path, const lm_meshfile_opt *opt, const lm_mesh *mesh, lm_records *rec,
                                      lm_err *err);
/* The same up to the commit: all is handed to the system, *out is for lm_io_commit. */
LM_CHECKED lm_status lm_meshfile_stage(const char *path, const lm_meshfile_opt *opt, const lm_mesh *mesh, lm_records *rec,
                                       lm_out **out, lm_err *err);
/* Write to out in opt->format (AUTO: PLY); not committed. */
LM_CHECKED lm_status lm_meshfile_write(lm_out *out, const lm_meshfile_opt *opt, const lm_mesh *mesh, lm_records *rec, lm_err *err);
/* How many triangles the mesh may have for its file to be no larger than `bytes`, when it keeps its topology; 0: not even one.
 * Exact for a closed STL, a little too few for PLY, whose header is not known yet. LM_EUSAGE for other formats. */
LM_CHECKED lm_status lm_meshfile_fits(const lm_mesh *mesh, lm_meshfile_format format, const lm_records *rec, double bytes,
                                      size_t *triangles, lm_err *err);
/* Format by the suffix of path; PLY for "-". LM_EUSAGE when it has none that is known. */
LM_CHECKED lm_status lm_meshfile_suffix(const char *path, lm_meshfile_format *out, lm_err *err);
const char *lm_meshfile_name(lm_meshfile_format f);
/* "ply", "stl", "stl-ascii", "3mf", "obj", "off"; LM_EUSAGE lists them. */
LM_CHECKED lm_status lm_meshfile_parse(const char *name, lm_meshfile_format *out, lm_err *err);

#endif
