/* SPDX-License-Identifier: GPL-3.0-or-later */
/* preset.h: what of a grey volume is kept, as text: thresholds, pieces, and files that hold the steps of a segmentation under a
 * name. */
#ifndef LM_VOLUME_PRESET_H
#define LM_VOLUME_PRESET_H

#include "base/io.h"
#include "volume/segment.h"

enum { LM_PRESET_THRESHOLD = 64, LM_PRESET_STEPS = 64, LM_PRESET_NAME = 32, LM_PRESET_ARGS = 256, LM_PRESET_NOTE = 1024 };
typedef struct {
    size_t n;
    struct {
        char name[LM_PRESET_NAME], args[LM_PRESET_ARGS];
        size_t line;
    } step[LM_PRESET_STEPS];   /* in the order of the file, not looked into */
    char note[LM_PRESET_NOTE]; /* the reasons, or "" */
} lm_preset;

/* Lines "step = arguments", at least one, and "note = text", which may be repeated; '#' begins a comment. LM_EFORMAT names the
 * line. */
LM_CHECKED lm_status lm_preset_read(lm_in *in, lm_preset *out, lm_err *err);
/* "LO" or "LO:HI", numbers, or numbers with HU (*hounsfield is set then): into seg->lo and seg->hi. LM_EUSAGE. */
LM_CHECKED lm_status lm_preset_threshold(const char *text, lm_segment_opt *seg, bool *hounsfield, lm_err *err);
/* "all", "largest" or a number from 1: into seg->keep. LM_EUSAGE. */
LM_CHECKED lm_status lm_preset_keep(const char *text, lm_segment_opt *seg, lm_err *err);

#endif
