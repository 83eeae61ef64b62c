/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdcm_shim.h: all we use of GDCM, with C linkage. No exception and no C++ type leaves it; nothing is printed by us.
 *
 * GDCM aborts or overruns on damaged files: call the readers in a child process only (child.h). Values come out as the
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
    char vr[2];                /* as the file states it; zeros: it does not (implicit) */
} lm_gdcm_value;

enum {
    LM_GDCM_OK = 0,
    LM_GDCM_UNREADABLE, /* cut, damaged, or no DICOM */
    LM_GDCM_MEMORY,     /* the child's limit */
    LM_GDCM_NO_PIXELS,
    LM_GDCM_LENGTH, /* the pixel data have another length than asked for (*got) */
    LM_GDCM_CODEC,  /* the transfer syntax is not supported or the compressed data are damaged */
    LM_GDCM_LIMIT   /* more than fits into what was given, or nested too deep */
};

/* Read these elements; what lies behind the last of them (pixel data) is not touched. deflated: the
 * transfer syntax is 1.2.840.10008.1.2.1.99. value[i] is the root-level element tag[i] = group << 16 | element;
 * tag 0x00020010 is the transfer syntax that was used, stated or guessed. */
int lm_gdcm_header(const lm_gdcm_file *file, int deflated, const uint32_t *tag, size_t n, lm_gdcm_value *value);
/* The pixel data of one object: `want` bytes of stored values for each of `frames` frames, which must be all it has. Uncompressed
 * and single-fragment frames are taken one by one; others are decoded together with the first. *got: bytes there were. frames*want
 * must not overflow. The file need not outlive the call. */
typedef struct lm_gdcm_object lm_gdcm_object;
int lm_gdcm_open(const lm_gdcm_file *file, size_t frames, size_t want, lm_gdcm_object **ret, size_t *got);
/* Frame number `frame` (from 0) into out, `want` bytes, samples in the host's byte order. */
int lm_gdcm_frame(lm_gdcm_object *o, size_t frame, void *out, size_t *got);
void lm_gdcm_close(lm_gdcm_object *o); /* NULL is fine */
/* A whole data set with its sequences, in a row, numbers in the host's byte order:
 *   data set: u32 number of elements, then each of them, by ascending tag
 *   element:  u32 tag, char vr[2], u16 kind, u64 n, then by kind
 *     VALUE n bytes; OMITTED nothing; SEQUENCE n data sets; FRAGMENTS n times: u64 length, bytes (the first is the offset table)
 * The elements of group 0002 stand first; 00020010 is the transfer syntax that was used, stated or guessed. vr is the file's, or
 * the dictionary's where the file has none. A sequence in the bytes of a VALUE (VR UN, or implicit of known length) stays as it is.
 */
enum { LM_GDCM_TREE_VALUE, LM_GDCM_TREE_OMITTED, LM_GDCM_TREE_SEQUENCE, LM_GDCM_TREE_FRAGMENTS };
typedef struct {
    size_t max_value; /* longer values are OMITTED, unless they may be sequences */
    int pixels;       /* Pixel Data too, whatever its length; else nothing from group 7FE0 on is read */
    int depth;        /* most levels of data sets */
} lm_gdcm_tree_opt;
int lm_gdcm_tree(const lm_gdcm_file *file, const lm_gdcm_tree_opt *opt, void *out, size_t cap, size_t *used);
/* One frame of grey samples, compressed with JPEG, JPEG-LS or JPEG 2000: n bytes at p to columns*rows samples of `bytes` (1 or 2)
 * each. Samples of one bit come as bytes. LM_GDCM_LENGTH: the codestream has another size or depth. */
typedef struct {
    unsigned columns, rows, bytes;
} lm_gdcm_format;
int lm_gdcm_codec(const char *transfer_syntax, const void *p, size_t n, const lm_gdcm_format *f, void *out);
/* The dictionary's VR of a tag; "UN" when it has none, "US" where it may be SS too. */
void lm_gdcm_vr(uint32_t tag, char vr[2]);
/* The element that the dictionary calls so ("SliceThickness"); 0: none. */
uint32_t lm_gdcm_tag(const char *keyword);
/* Is this UID a transfer syntax whose data sets we read at all? (GDCM's, and Deflated Image Frame
 * Compression, 1.2.840.10008.1.2.8.1, whose pixel data lm_gdcm_pixels does not decode.) */
int lm_gdcm_knows(const char *transfer_syntax);
/* "3.0.21" */
const char *lm_gdcm_version(void);

#ifdef __cplusplus
}
#endif
#endif
