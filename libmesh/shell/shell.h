/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell.h: all that meshshell does to a mesh between reading and writing: scaled first, so that every length is meant at print
 * size; then one of the four (thickened, hollowed, walled, checked) with its certificate; what goes beside it; made larger for
 * shrinkage last. Each scale is a record of its own (scale.h), the rest is one. */
#ifndef LM_SHELL_SHELL_H
#define LM_SHELL_SHELL_H

#include "shell/extras.h"
#include "shell/scale.h"
#include "shell/thicken.h"
#include "shell/tube.h"
#include "surface/audit_parts.h"

enum { LM_SHELL_CUTS = 256 };

typedef struct {
    double min_wall_mm, hollow_mm, tube_mm, check_mm; /* at most one of them above 0 */
    double step_mm;                                   /* of the grid; 0: a third of the wall */
    double min_gap_mm;                                /* < 0: a third of the wall */
    lm_medial_side side;
    bool quality;               /* of the check: put thickness into the mesh */
    bool thin, closed;          /* let pass by name */
    double scale, shrinkage[3]; /* 0 or 1: as it is; percent */
    lm_extras_opt extras;
    size_t cuts;
    lm_trim_plane cut[LM_SHELL_CUTS];
    const char *cut_text[LM_SHELL_CUTS]; /* as the user wrote them, for the record */
    const char *side_text, *allow_text;  /* the same; NULL: not given */
    uint32_t label;                      /* the part that was taken, 0: none; for the record */
    bool joined;
    size_t max_memory; /* bytes; 0: no limit */
    int threads;
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_shell_opt;

typedef struct {
    const lm_shell_opt *opt; /* borrowed */
    lm_mesh out;             /* the result; empty where only a check was asked for: the mesh itself then */
    lm_audit_parts before;
    lm_audit after;
    lm_hollow_facts hollow;
    lm_tube_facts tube;
    lm_thicken_facts thicken;
    lm_wall_facts wall; /* the check; wall_mm 0: there was none */
    lm_extras extras;
    bool good;     /* the walls are as asked for, or let pass by name, and all is valid */
    json_t *facts; /* what was done, for --json: the record, with "scale" and "shrinkage" */
} lm_shell;
#define LM_SHELL_INIT \
    { \
        .good = false \
    }

/* "thin", "closed", or both with a comma between. LM_EUSAGE. */
LM_CHECKED lm_status lm_shell_allow(const char *text, lm_shell_opt *opt, lm_err *err);
/* m: one part, but where it is only scaled; changed. Its records go into rec. *out is filled in, also when the answer is no.
 * LM_ENO when m is no solid to work on; errors of what is done. */
LM_CHECKED lm_status lm_shell_run(lm_mesh *m, lm_records *rec, const lm_shell_opt *opt, lm_shell *out, lm_err *err);
void lm_shell_release(lm_shell *s);

#endif
