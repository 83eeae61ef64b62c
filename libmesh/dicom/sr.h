/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sr.h: measurements in DICOM structured reports (STANDARDS 7; PS3.16 TID 1500, 1411 and whatever else contains NUM items).
 *
 * The content tree is walked as tree.h holds it, whose depth is limited. A measurement is a NUM item that its parent contains;
 * numbers that only describe an image or stand under another number are none. Of the measurement group (125007, DCM) around it come
 * tracking identifier and UID, finding, finding site, measurement method and the referenced segment. Codes are those of SNOMED CT
 * (SCT), the older SNOMED RT (SRT, SNM3, 99SDM), DCM and IBSI. */
#ifndef LM_DICOM_SR_H
#define LM_DICOM_SR_H

#include "base/num.h"
#include "dicom/scan.h"
#include "dicom/tree.h"

/* What a number is of, as far as a mesh can be compared with it. */
typedef enum {
    LM_SR_OTHER,    /* nothing that a mesh has */
    LM_SR_VOLUME,   /* how it was measured is not said */
    LM_SR_VOXELS,   /* sum of voxels */
    LM_SR_MESH,     /* of a mesh */
    LM_SR_AREA,     /* surface of a mesh */
    LM_SR_DIAMETER, /* largest distance of two points */
    LM_SR_MAJOR,    /* axes as IBSI has them: 4 sqrt(eigenvalue) */
    LM_SR_MINOR,
    LM_SR_LEAST,
    LM_SR_LONG, /* long axis, short axis: as read on slices */
    LM_SR_SHORT,
    LM_SR_DISTANCE /* length, distance, wall thickness: between points that the report may hold or not */
} lm_sr_kind;

enum { LM_SR_TEXT = 129, LM_SR_UNIT = 24, LM_SR_NUMBER = 24, LM_SR_MAX = 100000 };
typedef struct {
    lm_sr_kind kind;
    char scheme[17], code[LM_UID], meaning[LM_SR_TEXT]; /* concept name */
    char derivation[LM_SR_TEXT], method[LM_SR_TEXT];    /* meaning; "" when not stated */
    char tracking[LM_SR_TEXT], tracking_uid[LM_UID], finding[LM_SR_TEXT], site[LM_SR_TEXT];
    char segment_sop[LM_UID];                                     /* of the segmentation, or "" */
    int64_t segment;                                              /* 0: not stated */
    size_t group;                                                 /* from 1; 0: in none */
    char number[LM_SR_NUMBER], unit[LM_SR_UNIT], unit_scheme[17]; /* as written; number "": no value was given */
} lm_sr_item;

typedef struct {
    size_t n, cap, groups;
    lm_sr_item *item; /* in the order of the report; owned */
    size_t n_series, series_cap;
    char (*series)[LM_UID]; /* Series Instance UIDs that the report cites; owned */
    size_t n_frames, frames_cap;
    char (*frame)[LM_UID]; /* Frame of Reference UIDs that it states for its images; owned */
    bool complete, verified;
} lm_sr;
#define LM_SR_INIT \
    { \
        .n = 0 \
    }

/* Is it a structured report, by SOP class? */
bool lm_sr_is(const char *sop_class);
/* All measurements, of any kind. t was read with all values. LM_EFORMAT: no content; LM_ERANGE: more than LM_SR_MAX. out is
 * replaced, empty on error. Texts are those of the file: identity.h says what may go out. */
LM_CHECKED lm_status lm_sr_read(const lm_tree *t, lm_sr *out, lm_err *err);
void lm_sr_release(lm_sr *s); /* accepts a zeroed struct; leaves LM_SR_INIT */
/* The number with its UCUM unit: value in mm, mm2 or mm3 and half of its last digit as written. LM_ERULE: no value, unit 1 or
 * unknown, or one of another dimension than the quantity's. */
LM_CHECKED lm_status lm_sr_value(const lm_sr_item *i, lm_quantity *out, lm_err *err);
/* "volume (G-D705 SRT) 33.5824 ml": codes, number and unit, nothing that a person wrote. */
void lm_sr_line(const lm_sr_item *i, char *buf, size_t cap);

#endif
