/* SPDX-License-Identifier: GPL-3.0-or-later */
/* budget.h: how well the volume of a mesh is known as that of the anatomy, item by item, from the records (DESIGN 4).
 *
 * Bounds are added; estimates (one standard deviation each) are independent of each other, are combined by squares and widened by
 * 2, for a level of confidence of about 95 % (GUM, JCGM 100:2008, 6.3). Counted are
 *   float32    bound: rounding of the coordinates, and of our sums (mass.h)
 *   sampling   estimate: voxel size and slice step: the share of each voxel at the surface, anywhere between 0 and 1: sqrt(n / 12)
 *              voxels, n the area over that of a voxel's side; or, where that is less, the two-class partial volume's (partial.h),
 *              which also holds how well contrast tells inside from outside, and is told where it is more
 *   threshold  estimate: rounding of the values to whole units: 1 / sqrt(12) of a unit times dV/dlevel
 * and the rounding of a reference, or the sampling of a mask that is one, which is added where one is. What stages changed is known
 * and in the ledger: no uncertainty, and listed with the bound on how far the surface moved. Against the scan itself (against.h)
 * sampling and threshold are the same on both sides and do not count. Not in it: contrast, blur, motion, and whether the level is
 * the right one. */
#ifndef LM_MEASURE_BUDGET_H
#define LM_MEASURE_BUDGET_H

#include "measure/mass.h"
#include "stream/record.h"

#define LM_BUDGET_RULE "bounds added + 2 sqrt(sum of squares of estimates)"

enum { LM_BUDGET_ITEMS = 16, LM_BUDGET_NAME = 32, LM_BUDGET_TEXT = 160 };
typedef enum { LM_BUDGET_BOUND, LM_BUDGET_ESTIMATE, LM_BUDGET_CHANGE, LM_BUDGET_REFERENCE } lm_budget_kind;
typedef struct {
    char name[LM_BUDGET_NAME];
    lm_budget_kind kind;
    double mm3; /* of a change with its sign */
    char text[LM_BUDGET_TEXT];
} lm_budget_item;

typedef struct {
    size_t n;
    lm_budget_item item[LM_BUDGET_ITEMS];
    double u_mm3; /* all that counts, without a reference; NAN where there is no volume */
} lm_budget;

/* rec: records that belong to the mesh, or NULL: float32 alone. */
void lm_budget_volume(const lm_records *rec, const lm_mass *mass, lm_budget *out);
/* Add what the voxels of a reference leave open of its volume (one standard deviation): told beside the others, since it counts
 * where that reference is compared, and not in u_mm3. what: which named volume; suffix: " 2", where there are several, or "". */
void lm_budget_reference(lm_budget *b, const char *what, const char *suffix, double voxel_mm3, double mm3);
/* [{name, kind, mm3, text}] (new reference). */
LM_CHECKED json_t *lm_budget_json(const lm_budget *b, lm_err *err);

/* The widest edge of the voxels that the mesh was made from, mm, at the scale of the mesh; 0: the records (may be NULL) do not say.
 */
double lm_budget_edge(const lm_records *rec);

#endif
