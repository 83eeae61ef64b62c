/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree.h: a DICOM data set with all its sequences, as plain memory (enhanced multi-frame, SEG, RTSTRUCT, DICOMDIR).
 *
 * GDCM reads it in a child process; what the child hands over is checked and rebuilt here, so that no count in a file can
 * do harm. Sequences in private elements of VR UN are taken apart as implicit little endian (PS3.5 6.2.2). Values are the
 * bytes of the file, numbers in the host's byte order; what lies behind a tree lives as long as the tree. */
#ifndef LM_DICOM_TREE_H
#define LM_DICOM_TREE_H

#include "base/err.h"
#include "dicom/gdcm_shim.h"
#include <stdbool.h>

typedef struct lm_tree lm_tree;
typedef struct lm_tree_item lm_tree_item; /* a data set: the root, or an item of a sequence */

enum { LM_TREE_DEPTH = 32, LM_TREE_FILES = 4096, LM_TREE_VALUE = 65536 };

typedef struct {
    lm_gdcm_file at;
    const char *name; /* for messages */
} lm_tree_file;

typedef struct {
    int threads;       /* child processes; 0: as lm_pool_threads */
    size_t max_memory; /* bytes a child may take; 0: 64 MiB and three times the file */
    size_t max_value;  /* values longer than this are left out; 0: LM_TREE_VALUE; SIZE_MAX: none */
    size_t max_bytes;  /* most that one data set may come to; 0: 64 MiB and three times the file */
    bool pixels;       /* Pixel Data too; else the tree ends before group 7FE0 */
} lm_tree_opt;

/* Read n files (at most LM_TREE_FILES) in one run of children; trees[n] on success, all NULL on error. opt may be NULL.
 * LM_EFORMAT: cut, damaged, or nested deeper than LM_TREE_DEPTH; LM_ERANGE: more than max_bytes. */
LM_CHECKED lm_status lm_tree_read(const lm_tree_file *file, size_t n, const lm_tree_opt *opt, lm_tree **trees, lm_err *err);
/* From the flat form of gdcm_shim.h (copied): what lm_tree_read does with each child's answer. LM_EFORMAT when it is not
 * well-formed: counts, lengths, order of tags, depth. */
LM_CHECKED lm_status lm_tree_rebuild(const void *flat, size_t n, lm_tree **ret, lm_err *err);
void lm_tree_release(lm_tree *t); /* NULL is fine */

/* The root holds the file meta information (group 0002) too. */
const lm_tree_item *lm_tree_root(const lm_tree *t);
/* Of a sequence: number of items (0: absent, empty, no sequence), and one of them (NULL: there is none). item may be NULL in
 * all functions below: nothing is there. */
size_t lm_tree_items(const lm_tree_item *item, uint32_t tag);
const lm_tree_item *lm_tree_at(const lm_tree_item *item, uint32_t tag, size_t i);
/* Is the element there, be it empty? Its VR: the file's, in implicit files the dictionary's, "UN"; "" when it is not there. */
bool lm_tree_has(const lm_tree_item *item, uint32_t tag);
const char *lm_tree_vr(const lm_tree_item *item, uint32_t tag);
/* The value and its length. NULL: absent or empty (*n 0), or left out for its length (*n), or no plain value. */
const void *lm_tree_bytes(const lm_tree_item *item, uint32_t tag, size_t *n);
/* Of encapsulated pixel data: number of fragments, the first (0) being the offset table; one of them. */
size_t lm_tree_fragments(const lm_tree_item *item, uint32_t tag);
const void *lm_tree_fragment(const lm_tree_item *item, uint32_t tag, size_t i, size_t *n);
/* Text as UTF-8 by the Specific Character Set in force, without padding at its ends; control characters become blanks; too long:
 * cut at a character. False, and "" in buf, when it is absent or empty. */
bool lm_tree_text(const lm_tree_item *item, uint32_t tag, char *buf, size_t cap);
/* A code string or UID: as text, the index-th of the values that backslashes part; false when it does not fit. */
bool lm_tree_code(const lm_tree_item *item, uint32_t tag, size_t index, char *buf, size_t cap);
/* Numbers (DS IS US SS UL SL FL FD UV SV, and OW OL OF OD): how many values the element has, of which the first max go to out. 0
 * when it is absent or empty, when one of the values is no finite number, or when it has no numeric VR. */
size_t lm_tree_numbers(const lm_tree_item *item, uint32_t tag, double *out, size_t max);
/* One whole number, the first value: false when there is none or it is not whole. */
bool lm_tree_whole(const lm_tree_item *item, uint32_t tag, int64_t *out);

#endif
