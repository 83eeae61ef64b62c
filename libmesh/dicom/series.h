/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series.h: which files belong together, and where their slices lie (STANDARDS 1, G-1 .. G-8). Pure functions over plain
 * numbers; the order of the files never matters.
 *
 * A series (Series Instance UID) is split into parts that cannot be one volume: other size, spacing, orientation, frame of
 * reference, photometric or rescale type, localizers (G-3). Acquisition number, echo, temporal position and the like split
 * it only where slices would share places: many scanners number every rotation as an acquisition of its own. Where nothing
 * but Instance Number tells such images apart, they are repetitions 1, 2, ... */
#ifndef LM_DICOM_SERIES_H
#define LM_DICOM_SERIES_H

#include "base/err.h"
#include "dicom/gaps.h"
#include "dicom/scan.h"

enum { LM_SERIES_WARNINGS = 12, LM_SERIES_WARNING = 240 };
typedef struct {
    char rule[16]; /* or "" */
    char text[LM_SERIES_WARNING];
} lm_series_warning;

/* One part of one series. */
typedef struct {
    size_t n;       /* files */
    size_t *member; /* indices of the files, owned; by place when the geometry stands, else by instance number */
    size_t *slice;  /* place of each member, owned: its slice, but where --gaps made slices (gaps.at); equal for duplicates */
    size_t slices;  /* of the volume */
    lm_gaps gaps;   /* steps between places, and what was made of them */
    lm_dicom_kind kind;
    bool localizer;
    int part, parts;             /* 1, 1 when the series is whole */
    int phase, phases;           /* of parts that share places; 1, 1 when it shares them with none */
    char differs[96];            /* what sets this part apart: "acquisition 2"; "" when whole */
    lm_err refusal;              /* code LM_OK: a volume as far as headers tell; else why not */
    double dir[3][3], origin[3]; /* as in lm_vol, when not refused */
    double step_mm;              /* between slices, along the normal */
    double tilt_deg;             /* 0 when the stack is straight */
    double thickness_mm;
    size_t lossy;      /* members that went through lossy compression */
    size_t duplicates; /* members whose place another member has; their pixels must be equal (G-4) */
    int n_warnings;
    lm_series_warning warning[LM_SERIES_WARNINGS];
} lm_series;

typedef struct {
    size_t n;
    lm_series *item; /* by Series Number, then UID, then part */
} lm_series_list;
#define LM_SERIES_LIST_INIT \
    { \
        .n = 0 \
    }

/* Group n files (those with state LM_SCAN_DICOM; others are left out) and work out each part's geometry (geometry.h). */
LM_CHECKED lm_status lm_series_group(const lm_dicom_file *f, size_t n, lm_gaps_choice gaps, lm_series_list *out, lm_err *err);
void lm_series_release(lm_series_list *l);
void lm_series_warn(lm_series *s, const char *rule, const char *fmt, ...) LM_PRINTF(3, 4);

#endif
