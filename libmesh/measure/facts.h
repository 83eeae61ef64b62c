/* SPDX-License-Identifier: GPL-3.0-or-later */
/* facts.h: everything that was measured and judged, as one JSON object (report.json; man/meshqa-report.5) that the HTML
 * report is made from, and as a table for people. */
#ifndef LM_MEASURE_FACTS_H
#define LM_MEASURE_FACTS_H

#include "base/io.h"
#include "measure/against.h"
#include "measure/budget.h"
#include "measure/caliper_judge.h"
#include "measure/grown.h"
#include "measure/perpart.h"
#include "measure/print.h"
#include "measure/section.h"
#include "measure/shape.h"
#include "repair/admesh.h"
#include "surface/audit_parts.h"

typedef struct {
    const char *case_id;         /* given by the user, or NULL */
    const json_t *options;       /* this tool's resolved options */
    lm_units units;              /* of table and page; the facts stay in mm, mm2, mm3 */
    const lm_records *rec;       /* what the mesh came with; foreign ones are taken out before */
    bool foreign;                /* that was so: say it */
    const lm_audit *audit;       /* of the mesh as it is written */
    const lm_audit_parts *parts; /* of several parts, and their names; NULL: one */
    const lm_parts *names;
    const lm_mass *mass;
    const lm_shape *shape;  /* as one body; NULL: not measured */
    const lm_perpart *each; /* of several parts: each by itself */
    const lm_print *print;  /* mass and bed; NULL: not asked for */
    const lm_density *density;
    const lm_bed *bed;
    size_t n_sections;
    const lm_section *section;
    const lm_budget *budget; /* of its volume; NULL: not made */
    size_t n;                /* what was compared */
    const lm_measurement *item;
    const lm_against_facts *against; /* NULL: not compared with a source */
    json_t *references;              /* of masks by themselves, as diff/reference.h makes them; NULL: none */
    const lm_calipers *landmarks;    /* NULL: none were given */
    bool keep_names;                 /* of landmarks: also what is no anatomical term */
    json_t *review;                  /* regions to be looked at (reviewed.h); NULL: none are listed */
    const lm_grown *grown;           /* walls that were made, checked again; NULL: none were, or nothing was judged */
    const lm_admesh_result *second;  /* NULL: no second opinion was asked for */
    bool unplaced;                   /* judged by structured reports alone, which know no place: say it */
    bool judged;                     /* the user asked for a verdict: then the mesh must be valid too */
} lm_facts;

#define LM_FACTS_UNPLACED \
    "a structured report tells neither place nor side: name its segmentation or series too to have them judged"

/* The verdict of all, and why, in one sentence. NONE when nothing was asked. */
lm_verdict lm_facts_verdict(const lm_facts *f, char *reason, size_t cap);
/* New reference. */
LM_CHECKED json_t *lm_facts_json(const lm_facts *f, lm_err *err);
/* Add a file to the facts. */
LM_CHECKED lm_status lm_facts_file(json_t *facts, const char *format, uint64_t bytes, const char *sha256, lm_err *err);
/* Aligned text; the verdict is the last line. */
void lm_facts_table(const lm_facts *f, lm_out *out);

/* What libadmesh says, as "second_opinion": good, facets, degenerate, open_edges, reversed, parts, volume_mm3; null for NULL. */
json_t *lm_facts_second(const lm_admesh_result *a);

#endif
