/* SPDX-License-Identifier: GPL-3.0-or-later */
/* channelset.h: channels (segment/channels.h) from series of a source, or from files of other programs: on one grid, in one frame
 * of reference. */
#ifndef LM_DICOM_CHANNELSET_H
#define LM_DICOM_CHANNELSET_H

#include "dicom/source_load.h"
#include "segment/channels.h"

/* "NAME=SERIES": *name bytes of it, then the rest. LM_EUSAGE. */
LM_CHECKED lm_status lm_channelset_split(const char *text, size_t *name, const char **series, lm_err *err);

typedef struct {
    const lm_source *src; /* NULL: files only */
    const lm_source_opt *opt;
    const char *axes;    /* of NIfTI files, as in stream/volfile.h */
    const lm_vol *first; /* grid, and Frame of Reference UID ("": not known) that they must have */
    const char *frame;
} lm_channelset_from;

/* Load "NAME=SERIES" and add it to c; facts: {name, source} of it joins the list. SERIES is the name of a volume's file, or as
 * lm_source_select takes it. LM_ERULE G-3: another frame of reference; errors of lm_channels_add, of loading. */
LM_CHECKED lm_status lm_channelset_add(const lm_channelset_from *from, const char *text, lm_channels *c, json_t *list, lm_err *err);
/* The same frames? "": not known. LM_ERULE G-3. */
LM_CHECKED lm_status lm_channelset_frame(const char *a, const char *b, lm_err *err);

#endif
