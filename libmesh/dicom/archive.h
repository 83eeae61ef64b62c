/* SPDX-License-Identifier: GPL-3.0-or-later */
/* archive.h: the files in a zip or tar archive (plain or gzip), in memory: nothing is unpacked to disk, so that a name in an
 * archive, whatever it is, is never used as a path. Names are not kept at all: they may say who the patient is.
 *
 * Zip is read by libzip, tar by libarchive (ustar, GNU, pax), both in a child process: neither is sure to outlive an allocation
 * that fails. Refused by name: encrypted members, unknown compression, a checksum that fails, an archive that is cut off (also
 * a tar without its end marker), and what is beyond the limits. */
#ifndef LM_DICOM_ARCHIVE_H
#define LM_DICOM_ARCHIVE_H

#include "base/io.h"

typedef struct {
    size_t number;       /* place in the archive, from 1, folders and links counted */
    unsigned char *data; /* owned */
    size_t size;
} lm_archive_member;

typedef struct {
    size_t n, cap;
    lm_archive_member *item;
} lm_archive;
#define LM_ARCHIVE_INIT \
    { \
        .n = 0 \
    }

typedef struct {
    uint64_t bytes; /* most that all members may take; 0: 16 GiB */
    size_t members; /* most entries, folders included; 0: 1000000 */
    unsigned ratio; /* most bytes for each packed byte, once more than 256 MiB came out; 0: 200 (CT packs to a third) */
} lm_archive_limits;

enum { LM_ARCHIVE_HEAD = 512 };
/* Do these first bytes of a file (LM_ARCHIVE_HEAD, or all) begin a zip, gzip or tar file? False for DICOM, whatever its
 * preamble holds. */
bool lm_archive_sniff(const unsigned char *head, size_t n);
/* Read all regular files, while no other thread runs (it forks). LM_EFORMAT: no archive, cut or damaged; LM_ERULE: a member
 * that is encrypted or packed in an unknown way; LM_ERANGE: beyond a limit. limits may be NULL. On error out is empty. Of `in`
 * nothing may be read afterwards. */
LM_CHECKED lm_status lm_archive_read(lm_in *in, const lm_archive_limits *limits, lm_archive *out, lm_err *err);
void lm_archive_release(lm_archive *a);

/* The two halves of lm_archive_read, in this process: unpack to the open file fd, from its start; take the members out of it,
 * which gives its space back member by member. */
LM_CHECKED lm_status lm_archive_unpack(lm_in *in, const lm_archive_limits *limits, int fd, lm_err *err);
LM_CHECKED lm_status lm_archive_collect(int fd, const lm_archive_limits *limits, lm_archive *out, lm_err *err);

#endif
