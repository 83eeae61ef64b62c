/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source_data.h: the inside of lm_source, and what the files that stand beside source.c share: source_facts, source_pick,
 * source_load and source_frame include it, nobody else. */
#ifndef LM_DICOM_SOURCE_DATA_H
#define LM_DICOM_SOURCE_DATA_H

#include "base/child.h"
#include "dicom/decode.h"
#include "dicom/files.h"
#include "dicom/phase.h"
#include "dicom/source.h"
#include "dicom/where.h"
#include <jansson.h>

struct lm_source {
    lm_files files;
    size_t left, packed;
    size_t images;
    lm_dicom_file *head; /* mapped; one for each file, or for each frame of enhanced objects */
    size_t head_bytes;
    lm_series_list list;
    lm_identity identity;
    bool phased; /* by the choice that follows */
    lm_phase_choice phase;
    lm_where *where;      /* or NULL */
    unsigned char *holds; /* with where: shared memory, for each file an lm_where_answer */
    size_t holds_bytes;
};

/* The file that holds an image (an index of head); what the header of a series' first image says. */
const lm_files_item *lm_source_file(const lm_source *s, size_t image);
const lm_dicom_file *lm_source_head(const lm_source *s, size_t series);
/* Children that read n files, with their limits: the largest file in bytes, and what they work with beyond it. */
lm_child_job lm_source_job(const lm_source_opt *opt, size_t n, const char *what, size_t largest_file, size_t work);
/* What a run of children came to, as an error that names the file. */
lm_status lm_source_child_error(const char *name, const lm_child_end *end, lm_err *err);

/* "3", "3.2" for a part, "-" when not stated. */
void lm_source_number(const lm_source *s, size_t series, char buf[48]);
/* What names a series in records: by its UID, or number and modality where that was taken away; and the part of it. */
void lm_source_identity(const lm_source *s, const lm_dicom_file *h, const lm_series *r, char uid[LM_IDENTITY_TEXT]);
/* Under which key: its name, or "shown". */
const char *lm_source_key(const lm_source *s, char name[LM_IDENTITY_HASH]);
/* Facts as JSON (new references, NULL: no memory): warnings, numbers, and all of the "source" object but what is measured. */
json_t *lm_source_warnings(const lm_series *r);
json_t *lm_source_vector(const double *v, int n);
json_t *lm_source_facts(const lm_source *s, const lm_series *r, const char *sha);

typedef struct {
    const lm_source *s;
    const lm_series *r;
    size_t frame; /* of a member whose frames do not stand for themselves, from 0 */
    lm_type type;
    char *out;             /* shared: the volume */
    lm_decode_slice *fact; /* shared: one for each member */
} lm_source_loading;
/* All slices of l->r into one shared mapping of l->type; *fits is false when int16 cannot hold them. */
lm_status lm_source_decode(lm_source_loading *l, const lm_source_opt *opt, lm_vol *vol, bool *fits, lm_err *err);
/* Padding is no measurement: it takes the least value that was measured, so that no threshold finds it. */
lm_status lm_source_padding(const lm_source_loading *l, lm_series *w, lm_vol *vol, lm_err *err);

#endif
