/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stl_parts.h: several parts as STL: "out.stl" becomes one file "out-NAME.stl" for each. */
#ifndef LM_FORMAT_STL_PARTS_H
#define LM_FORMAT_STL_PARTS_H

#include "format/stl.h"

enum { LM_STL_PARTS_NAME = 96 };

typedef struct {
    uint32_t label;
    char name[LM_STL_PARTS_NAME]; /* what stands between the '-' and the suffix */
} lm_stl_parts_file;

/* Names for the n labels, in their order: letters, digits, '.', '_' and '-' stay, any other character is a '_'; names that are
 * one for a file system that does not tell case apart get the label behind them. list: free() it. */
LM_CHECKED lm_status lm_stl_parts_names(const lm_parts *parts, const uint32_t *label, size_t n, lm_stl_parts_file **list,
                                        lm_err *err);
/* All files beside their places; lm_io_commit(*out) renames all or none. path is a file's name with a suffix; opt->name is not
 * used. m must have labels. LM_EUSAGE for "-": standard output carries one file. */
LM_CHECKED lm_status lm_stl_parts_stage(const char *path, const lm_stl_opt *opt, const lm_mesh *m, lm_out **out, lm_err *err);

#endif
