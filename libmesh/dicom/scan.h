/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan.h: what one DICOM file says about itself, as plain numbers and text. Absent is told from present (DEPENDENCIES 5). */
#ifndef LM_DICOM_SCAN_H
#define LM_DICOM_SCAN_H

#include "dicom/gdcm_shim.h"
#include <stdbool.h>

typedef enum {
    LM_DICOM_SLICE,      /* one-frame image in a classic object */
    LM_DICOM_MULTIFRAME, /* enhanced and other multi-frame images */
    LM_DICOM_PROJECTION, /* radiograph, ultrasound picture: not a slice of space (G-7) */
    LM_DICOM_SEG,
    LM_DICOM_RTSTRUCT,
    LM_DICOM_OTHER /* no image: SR, presentation state, encapsulated document, ... */
} lm_dicom_kind;

typedef enum {
    LM_SCAN_DICOM,
    LM_SCAN_FOREIGN, /* no DICOM */
    LM_SCAN_ARCHIVE, /* no DICOM: a zip, gzip or tar file */
    LM_SCAN_SYNTAX,  /* DICOM in a transfer syntax that GDCM does not know: only transfer, sop_class and kind are set */
    LM_SCAN_DAMAGED,
    LM_SCAN_MEMORY,
    LM_SCAN_UNREADABLE
} lm_scan_state;

enum { LM_UID = 65, LM_TEXT = 257 };

typedef struct {
    lm_scan_state state;
    lm_dicom_kind kind;
    char transfer[LM_UID], sop_class[LM_UID], sop[LM_UID], series[LM_UID], study[LM_UID], frame[LM_UID];
    char modality[17], photometric[17], rescale_type[17], kernel[17], image_type3[17], image_type4[17];
    char description[LM_TEXT]; /* UTF-8, without control characters */
    bool has_number, has_instance;
    long number, instance; /* Series Number, Instance Number */
    unsigned rows, columns, samples, frames;
    unsigned bits_allocated, bits_stored, high_bit;
    bool is_signed;
    bool has_position, has_orientation, has_spacing; /* there and readable */
    double position[3], orientation[6], spacing[2];  /* spacing: between rows, between columns (trap 1) */
    bool has_detector_spacing;
    double detector_spacing[2]; /* Imager Pixel Spacing: likewise, on the detector of a radiograph */
    double thickness, kvp;      /* 0: not stated */
    bool has_rescale;
    double slope, intercept; /* 1 and 0 when not stated */
    bool has_padding;
    long padding[2]; /* stored values, inclusive range */
    bool lossy;
    char lossy_ratio[17];
    /* What may tell apart volumes that share places: NAN when not stated. */
    double temporal, echo, phase, trigger, b_value, acquisition;
    char stack[17];    /* Stack ID of an enhanced frame */
    size_t file;       /* set by who holds the files: which of them */
    unsigned frame_at; /* of a frame that stands for itself (enhanced.h): its number in the object, from 0 */
} lm_dicom_file;

/* The tags that lm_scan_parse wants, in its order. */
extern const uint32_t lm_scan_tags[];
extern const size_t lm_scan_tag_count;

/* Code strings and vendor terms that reach our outputs: what is no letter, digit or one of "_-+. /" becomes "_". */
void lm_scan_clean(char *text);
/* An object that would be a volume or a slice of one. */
bool lm_scan_is_image(const lm_dicom_file *f);
/* Fill f from values read by lm_gdcm_header. */
void lm_scan_parse(const lm_gdcm_value *value, lm_dicom_file *f);
/* Look at one file: for a child process. Never fails; see f->state. */
void lm_scan_file(const lm_gdcm_file *from, lm_dicom_file *f);

#endif
