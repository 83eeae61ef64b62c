/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nrrd.h: volumes as NRRD0005 (DESIGN 3, STANDARDS 10).
 *
 * Written: attached header, raw little-endian, space left-posterior-superior, `meshqa_iso:=`, `meshqa_bytes:=`,
 * `meshqa_crc32:=`, one `meshqa_record_N:=` key per record.
 * Read: NRRD0001-0005, 3D, any scalar type (64-bit integers when all of them fit 32 bits), both byte orders,
 * encodings raw, gzip, text; LPS or RAS (turned into LPS; a file without space is refused by name); a detached payload is
 * refused. A stream with our keys must have exactly the stated bytes and checksum.
 * A volume with parts (vol->parts) is a label map: names and colours are 3D Slicer's keys (segnrrd.h), both ways. Files with
 * several layers are refused here (volfile.h).
 * An image (lm_vol.image) is two-dimensional, with `meshqa_kind:=image`, and `spacings` when they are known; two dimensions
 * without that key, and that key with three, are refused. */
#ifndef LM_STREAM_NRRD_H
#define LM_STREAM_NRRD_H

#include "base/io.h"
#include "stream/nrrd_head.h"
#include "stream/record.h"
#include "volume/regions.h"
#include "volume/slices.h"

/* vol and rec are initialised by the caller and replaced; on error they are empty. */
LM_CHECKED lm_status lm_nrrd_read(lm_in *in, lm_vol *vol, lm_records *rec, lm_err *err);
/* The same in two steps: the header, then the samples either slice by slice or all at once. grid is initialised by the caller and
 * replaced: what lm_nrrd_read gives but for the samples. rec->belong says already what will be so if the payload is what the
 * header states of it, which reading it to the end tells. *ret is NULL on error. */
typedef struct lm_nrrd lm_nrrd;
LM_CHECKED lm_status lm_nrrd_open(lm_in *in, lm_nrrd **ret, lm_vol *grid, lm_records *rec, lm_err *err);
/* Can slices be had one after another? Not of text, and not of 64-bit integers, of which all must be seen to tell their type. */
bool lm_nrrd_sliced(const lm_nrrd *n);
/* The next slices (lm_slices_read; ctx is the lm_nrrd). With the last one the checksum is compared and the input must end. */
LM_CHECKED lm_status lm_nrrd_slices(void *ctx, void *to, size_t slices, lm_err *err);
/* All samples into vol, which lm_nrrd_open filled in; no slice was read before. */
LM_CHECKED lm_status lm_nrrd_samples(lm_nrrd *n, lm_vol *vol, lm_err *err);
void lm_nrrd_close(lm_nrrd *n); /* NULL is fine */
/* The samples behind a header (h.bytes of them, 64-bit ones as 32-bit *type), checked against what the header says of them; in
 * *data, from malloc. */
LM_CHECKED lm_status lm_nrrd_payload(lm_in *in, const lm_nrrd_head *h, lm_type *type, void **data, uint32_t *crc, lm_err *err);
/* Seals the newest record of rec (may have none) with the payload's checksum and writes. Not committed. */
LM_CHECKED lm_status lm_nrrd_write(lm_out *out, const lm_vol *vol, lm_records *rec, lm_err *err);
/* The same for a label map, with the terms of the regions of its numbers. */
LM_CHECKED lm_status lm_nrrd_write_labels(lm_out *out, const lm_vol *vol, const lm_regions *terms, lm_records *rec, lm_err *err);

#endif
