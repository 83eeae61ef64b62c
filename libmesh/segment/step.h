/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step.h: one step of a segmentation: a word, its arguments, and what it does to grey values or to the object. Kinds of one
 * topic stand in a table of their own (step_object.h, step_grey.h ...); steps.h knows all tables.
 *
 * A kind's parse reads the user's text into num[] and writes args, the same in a form that depends on nothing but the values: it is
 * what the record holds, and it reads back as the same step. */
#ifndef LM_SEGMENT_STEP_H
#define LM_SEGMENT_STEP_H

#include "segment/bits.h"
#include "segment/channels.h"
#include "segment/edits.h"
#include "volume/regions.h"
#include "volume/roi.h"

enum { LM_STEP_ARGS = 1024, LM_STEP_NUMBERS = 8, LM_STEP_FACTS = 8 };
#define LM_STEP_SHA256 "sha256=" /* begins args where a file was read: its checksum in place of its name */

/* What a step needs of a file. Its args begin with the name up to a ';', until who reads it (dicom/stepfiles.h) writes the
 * checksum there and sets what was read, which must outlive the step. */
typedef enum { LM_STEP_NO_FILE, LM_STEP_MASK, LM_STEP_EDITS } lm_step_reads;

typedef struct lm_step_kind lm_step_kind;
typedef struct {
    const lm_step_kind *kind;
    char args[LM_STEP_ARGS];
    double num[LM_STEP_NUMBERS];
    bool hounsfield; /* a value was given in HU */
    bool object;     /* grey, and it changes the object too: it may stand behind what makes one */
    bool channels;   /* it works on all channels; other filters of grey values are run on each */
    lm_step_reads reads;
    const lm_regions *mask; /* LM_STEP_MASK */
    lm_edits *edits;        /* LM_STEP_EDITS */
} lm_step;

/* What the steps work on, and what one of them found. */
typedef struct {
    lm_vol *vol;           /* grey values; filters replace its samples, and may change their type */
    lm_bits bits;          /* the object; owned */
    bool object;           /* there is one: a threshold or a mask has made it */
    bool masked;           /* it was there from the beginning: the first threshold only tells where its surface lies (stencil.h) */
    const lm_roi *roi;     /* what lies outside is cut from the object as soon as there is one; NULL: everywhere */
    uint64_t roi_cut;      /* so many samples were */
    lm_channels *channels; /* other volumes on the grid of vol; not NULL */
    double lo, hi;         /* of the last threshold; lo NAN: none, hi INFINITY: no upper bound */
    lm_vol *map;           /* random walks leave their probability there; NULL: it is not wanted */
    int threads;
} lm_step_work;

typedef struct {
    uint64_t before, after; /* samples inside; 0 where there is no object yet */
    size_t n;
    struct {
        const char *name; /* static */
        double value;
    } fact[LM_STEP_FACTS];
} lm_step_facts;

struct lm_step_kind {
    const char *name;         /* option without "--" */
    char letter;              /* its short form, or 0 */
    const char *value, *help; /* placeholder; one line */
    bool grey;                /* changes grey values: it must stand before the object is made */
    bool makes;               /* makes an object where there is none; else one must be there, or grey is set */
    lm_status (*parse)(lm_step *s, const char *text, lm_err *err);
    lm_status (*run)(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err);
};

/* For parse: the whole text as a length in mm above 0, into num[0] and args. */
LM_CHECKED lm_status lm_step_length(lm_step *s, const char *text, lm_err *err);
/* "all" (INFINITY) or a volume in mm3 above 0. */
LM_CHECKED lm_status lm_step_volume(lm_step *s, const char *text, lm_err *err);
/* For a step that reads a file: text, which begins with its name, into args. */
LM_CHECKED lm_status lm_step_file(lm_step *s, lm_step_reads reads, const char *text, lm_err *err);
/* For run: there are grey values. A mask alone has none, a threshold tells where they are: LM_EUSAGE. */
LM_CHECKED lm_status lm_step_values(const lm_step_work *w, lm_err *err);
/* Three numbers apart by commas, the whole of n bytes. */
bool lm_step_place(const char *text, size_t n, double at[3]);
/* For run: note a number under a name that lives on. */
void lm_step_fact(lm_step_facts *f, const char *name, double value);

#endif
