/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ledger.h: the books from the first volume to the mesh in hand (DESIGN 4), collected from the records. */
#ifndef LM_MEASURE_LEDGER_H
#define LM_MEASURE_LEDGER_H

#include "measure/verdict.h"
#include "stream/record.h"
#include "surface/mesh.h"

/* All entries in order, each with the tool that made it as "stage" in front (new reference; empty without records). */
LM_CHECKED json_t *lm_ledger_collect(const lm_records *rec, lm_err *err);
/* Do the books close (those of bodies beside the part are not the part's): every entry begins with the quantity and number that the
 * one before it ended with, and the last one ends with final_mm3. The measurement "ledger" is the largest gap in mm3, its tolerance
 * what rounding can do; the note names the place. An entry without numbers, or no entry at all, is a value that could not be
 * measured. */
void lm_ledger_check(const json_t *entries, double final_mm3, lm_measurement *out);

/* The solid that the stage of this record hollowed, mesh being what it sent: its outer surface, which stands first and untouched in
 * it, with its drain holes closed again. solid borrows from mesh, but for one with drain holes, which is owned (its triangles are
 * others). rounding_mm3: what the volume may be off for other reasons than the sum. LM_ERULE when that surface is not the one in
 * the books. */
LM_CHECKED lm_status lm_ledger_outer(const json_t *record, const lm_mesh *mesh, double rounding_mm3, lm_mesh *solid, bool *owned,
                                     lm_err *err);
/* The mesh without what stands beside the anatomy, by the reserved names of its parts (shell/refbody.h): plugs, bodies of known
 * size. The rest keeps its order. *n: parts left out; 0, and part empty: there is nothing beside it, or nothing else. */
LM_CHECKED lm_status lm_ledger_anatomy(const lm_mesh *mesh, lm_mesh *part, size_t *n, lm_err *err);

#endif
