/* SPDX-License-Identifier: GPL-3.0-or-later */
/* asking.h: what dcmseg answers about a source without segmenting it: --list, --info, --verify, each as a table and JSON. */
#ifndef TOOLS_CLI_ASKING_H
#define TOOLS_CLI_ASKING_H

#include "dicom/source.h"

typedef struct {
    const char *output, *json; /* files, "-": standard output; json may be NULL */
    const char *space;         /* of volumes of other programs, or NULL */
    bool quiet;
} cli_ask_opt;

/* The table is put in place; *json is left to the caller to commit. */
LM_CHECKED lm_status cli_ask_list(const lm_source *src, const cli_ask_opt *opt, lm_out **json, lm_err *err);
/* Of src, or (NULL) of file, the volume of another program. */
LM_CHECKED lm_status cli_ask_info(const lm_source *src, lm_in *file, const lm_source_opt *how, const cli_ask_opt *opt,
                                  lm_out **json, lm_err *err);
/* Is the source what the records in the file record_of say was read? Table and JSON are put in place also when the answer is no
 * (LM_ENO). identity: shown as in the record. */
LM_CHECKED lm_status cli_ask_verify(const char *const *paths, size_t n, lm_source_opt *how, lm_identity *identity,
                                    const char *record_of, const cli_ask_opt *opt, lm_err *err);

#endif
