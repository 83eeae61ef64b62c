/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parts.h: names and colours of the labels of a label volume or of a mesh of several parts.
 *
 * A name is UTF-8 of at most LM_PART_NAME - 1 bytes that shows as what it is: no control or format characters, nothing that
 * turns the direction of writing. Text from files goes through lm_parts_clean. */
#ifndef LM_VOLUME_PARTS_H
#define LM_VOLUME_PARTS_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { LM_PART_NAME = 64, LM_PARTS_MAX = 10000 };

typedef struct {
    uint32_t label;          /* 1 and up */
    char name[LM_PART_NAME]; /* "": not named, shown as part-N */
    bool has_rgb;
    uint8_t rgb[3]; /* sRGB */
} lm_part;

typedef struct {
    size_t n, cap;
    lm_part *item; /* ascending by label; owned */
} lm_parts;
#define LM_PARTS_INIT \
    { \
        .n = 0 \
    }

/* LM_ERULE: label 0, a label that is there already, a name that lm_parts_clean would change; LM_ERANGE over LM_PARTS_MAX. */
LM_CHECKED lm_status lm_parts_add(lm_parts *p, const lm_part *part, lm_err *err);
/* NULL when nothing is known of that label; valid until the next call that changes p. */
const lm_part *lm_parts_find(const lm_parts *p, uint32_t label);
/* to is replaced; on error it is empty. */
LM_CHECKED lm_status lm_parts_copy(const lm_parts *from, lm_parts *to, lm_err *err);
void lm_parts_release(lm_parts *p); /* accepts a zeroed struct; leaves LM_PARTS_INIT */
/* The name, or "part-N" where there is none; returns buf. */
const char *lm_parts_name(const lm_parts *p, uint32_t label, char buf[LM_PART_NAME]);
/* Make a name of n bytes of foreign text: what is no UTF-8 or no visible character becomes '_', blanks at the ends go, and
 * it is cut to what fits, between characters. Returns true when the text was a name as it stood. */
bool lm_parts_clean(const char *text, size_t n, char name[LM_PART_NAME]);

#endif
