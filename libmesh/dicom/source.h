/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source.h: from files and folders to series; source_facts.h says what they are, source_pick.h chooses one, source_load.h makes a
 * volume of it with its facts, source_frame.h takes one image (STANDARDS 1, 2).
 *
 * Files are looked at and decoded by GDCM in child processes with limits on memory and time; a child that dies is an
 * error that names the file. Geometry is our own (G-1 .. G-7): order by position on the normal, spacing from positions,
 * tilt as shear, rescale per slice; what is irregular, duplicate, mixed or missing is refused with its rule id. */
#ifndef LM_DICOM_SOURCE_H
#define LM_DICOM_SOURCE_H

#include "base/io.h"
#include "dicom/gaps.h"
#include "dicom/identity.h"
#include "dicom/scan.h"
#include "dicom/series.h"
#include "dicom/tree.h"
#include <stdbool.h>

typedef struct lm_source lm_source; /* what was found in the files: a list of series */

typedef struct {
    int threads;         /* child processes; 0: as lm_pool_threads */
    lm_in *std_in;       /* what "-" is, when it is open already, or NULL */
    const char *list;    /* file that lists further paths (lm_files_add_list), or NULL */
    bool unshift;        /* move slices back that moved within their plane (volume/unshift.h) */
    lm_gaps_choice gaps; /* what to do about uneven steps */
    const char *phase;   /* among volumes that share places (phase.h), or NULL */
    const char *where;   /* condition (where.h) that a chosen series meets, or NULL */
    size_t max_memory;   /* bytes one child may take; 0: as its files need */
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
    const lm_identity *identity; /* how UIDs go out, copied; NULL: hashed under the built-in key */
} lm_source_opt;
#define LM_SOURCE_OPT_INIT \
    { \
        .threads = 0 \
    }

/* Look at all files of the paths and of opt->list (files.h). A path that is a file must be DICOM, or an archive; files in a folder
 * or archive that are not DICOM are counted and left, archives among them too. LM_EFORMAT when there is none. */
LM_CHECKED lm_status lm_source_scan(const char *const *paths, size_t n, const lm_source_opt *opt, lm_source **ret, lm_err *err);
void lm_source_release(lm_source *s);
size_t lm_source_count(const lm_source *s);
/* Files in folders and archives that were left because they are no DICOM objects; how many of them are archives. */
size_t lm_source_left(const lm_source *s);
size_t lm_source_packed(const lm_source *s);
/* The files of a series: how many; and one of them, for lm_tree_read, with what its header says (head may be NULL). Both live as
 * long as s. */
size_t lm_source_members(const lm_source *s, size_t series);
lm_tree_file lm_source_member(const lm_source *s, size_t series, size_t i, const lm_dicom_file **head);
/* Geometry and warnings of a series, as far as headers tell; lives as long as s. */
const lm_series *lm_source_series(const lm_source *s, size_t series);
/* Does opt->where hold for each of its files? True without it. */
bool lm_source_wanted(const lm_source *s, size_t series);

#endif
