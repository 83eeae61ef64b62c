/* SPDX-License-Identifier: GPL-3.0-or-later */
/* edits.h: corrections of an object by hand, written down: one edit a line, in millimetres of the patient (LPS), so that they can
 * be compared, reviewed and run again on any grid.
 *
 *   add ball X,Y,Z R               erase ball X,Y,Z R                 R: a length
 *   add box X,Y,Z X,Y,Z            erase box ...                      two opposite corners
 *   add capsule X,Y,Z X,Y,Z R      erase capsule ...                  all within R of the line between two points
 *   add polygon T X,Y,Z X,Y,Z ...  erase polygon ...                  a plate of thickness T, half of it on each side of the plane
 *   cut X,Y,Z NX,NY,NZ             take off what lies beyond the plane through a point, where the normal leads
 *   keep X,Y,Z                     keep the piece (face to face) in whose sample the point lies
 *   fill                           fill all cavities; fill V: those of up to the volume V
 *
 * '#' begins a comment; blank lines count for nothing. A sample belongs to a shape when its centre does, boundary included: on a
 * fine grid the volume of what is added comes near that of the shape. A polygon may cross itself (odd-even rule); its corners lie
 * within LM_EDITS_FLAT mm of a plane. Numbers: plain decimals; lengths and volumes may have a unit. */
#ifndef LM_SEGMENT_EDITS_H
#define LM_SEGMENT_EDITS_H

#include "base/io.h"
#include "segment/bits.h"

enum { LM_EDITS_MAX = 1024, LM_EDITS_CORNERS = 64, LM_EDITS_LINE = 8192 };
#define LM_EDITS_FLAT 0.1
#define LM_EDITS_FAR 1e6 /* mm: no number may be greater */

typedef enum { LM_EDIT_ADD, LM_EDIT_ERASE, LM_EDIT_CUT, LM_EDIT_KEEP, LM_EDIT_FILL } lm_edit_verb;
typedef enum { LM_EDIT_BALL, LM_EDIT_BOX, LM_EDIT_CAPSULE, LM_EDIT_POLYGON } lm_edit_shape;
typedef struct {
    lm_edit_verb verb;
    lm_edit_shape shape; /* of add and erase */
    size_t line;         /* where it stands, from 1 */
    size_t points;       /* in xyz */
    double (*xyz)[3];    /* centre; corners; ends; of a cut its point and the unit normal; owned */
    double length;       /* radius, thickness; of a fill the volume in mm3, INFINITY: all */
    uint64_t changed;    /* samples; filled in by lm_edits_run */
} lm_edit;
typedef struct {
    size_t n, cap;
    lm_edit *item;
} lm_edits;
#define LM_EDITS_INIT \
    { \
        .n = 0 \
    }

/* Read a script, at least one edit. LM_EFORMAT: the text has line and column and says what is expected. out is replaced. */
LM_CHECKED lm_status lm_edits_read(lm_in *in, lm_edits *out, lm_err *err);
/* Add the edit in a line of n bytes, if there is one. */
LM_CHECKED lm_status lm_edits_line(lm_edits *e, const char *text, size_t n, size_t line, lm_err *err);
void lm_edits_release(lm_edits *e);

/* An edit as text, without comment, in numbers that read back as the same; and the SHA-256 of all of them, a line each. */
void lm_edits_text(const lm_edit *e, char buf[LM_EDITS_LINE]);
void lm_edits_sum(const lm_edits *e, char hex[LM_SHA256_HEX]);

/* Run all on b, an object on the grid of v, in their order. LM_EUSAGE: the point of a keep lies in no sample of the object; frames
 * name the line. The same for any number of threads. */
LM_CHECKED lm_status lm_edits_run(lm_edits *e, lm_bits *b, const lm_vol *v, int threads, lm_err *err);

#endif
