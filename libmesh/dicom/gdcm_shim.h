/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdcm_shim.h: all we use of GDCM, with C linkage. No exception and no C++ type leaves it; nothing is printed by us.
 *
 * GDCM aborts or overruns on damaged files: call the two readers in a child process only (child.h). Values come out as the
 * bytes that stand in the file; geometry, rescale and all meaning are ours (DEPENDENCIES, "absent geometry becomes 1 mm"). */
#ifndef LM_DICOM_GDCM_SHIM_H
#define LM_DICOM_GDCM_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a DICOM file is: n bytes in memory at p, which outlive the call; or, when p is NULL, the file at path. */
typedef struct {
    const char *path;
    const void *p;
    size_t n;
} lm_gdcm_file;

enum { LM_GDCM_VALUE = 256 };
typedef struct {
    int length;                /* of the value in the file; -1: no such element. More than LM_GDCM_VALUE: cut here */
    char bytes[LM_GDCM_VALUE]; /* numbers in the host's byte order */
} lm_gdcm_value;

enum {
    LM_GDCM_OK = 0,
    LM_GDCM_UNREADABLE, /* cut, damaged, or no DICOM */
    LM_GDCM_MEMORY,     /* the child's limit */
    LM_GDCM_NO_PIXELS,
    LM_GDCM_LENGTH, /* the pixel data have another length than asked for (*got) */
    LM_GDCM_CODEC   /* the transfer syntax is not supported or the compressed data are damaged */
};

/* Read these elements; what lies behind the last of them (pixel data) is not touched. deflated: the
 * transfer syntax is 1.2.840.10008.1.2.1.99. value[i] is the root-level element tag[i] = group << 16 | element;
 * tag 0x00020010 is the transfer syntax that was used, stated or guessed. */
int lm_gdcm_header(const lm_gdcm_file *file, int deflated, const uint32_t *tag, size_t n, lm_gdcm_value *value);
/* Decode the pixel data: exactly `want` bytes of stored values for each of `frames` frames, of which the one numbered `frame`
 * (from 0) is handed over, samples in the host's byte order. *got: bytes there were. frames*want must not overflow. */
int lm_gdcm_pixels(const lm_gdcm_file *file, size_t frame, size_t frames, void *out, size_t want, size_t *got);
/* Is this UID a transfer syntax that GDCM reads at all? */
int lm_gdcm_knows(const char *transfer_syntax);
/* "3.0.21" */
const char *lm_gdcm_version(void);

#ifdef __cplusplus
}
#endif
#endif
