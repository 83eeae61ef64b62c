/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.h: which files a source is made of: from folders, files, archives and lists of them, in an order that rests on names
 * alone. Nothing is read but archives and lists.
 *
 * Messages call a file as the user typed it. Names that were found in folders and lists may say who the patient is: they are shown
 * only when they are such as scanners give (IM00012.dcm, ser003/I10: known words and numbers of up to 5 digits), else it is
 * "file N", the N-th of those found; `show` shows all. */
#ifndef LM_DICOM_FILES_H
#define LM_DICOM_FILES_H

#include "base/io.h"
#include <sys/types.h>

typedef struct {
    char *path;
    const char *name; /* for messages: part of path, or label */
    char *label;      /* owned; NULL: not needed */
    bool asked;       /* the user named this very file */
    size_t size;
    unsigned char *data; /* a member of an archive: its bytes, owned; path is no path then */
} lm_files_item;

typedef struct {
    dev_t dev;
    ino_t ino;
} lm_files_folder;

enum { LM_FILES_PATH = 4096, LM_FILES_DEPTH = 32, LM_FILES_MAX = 1000000 };
typedef struct {
    size_t n, cap, folders, folders_cap;
    lm_files_item *item;
    bool show;               /* messages may hold any name */
    bool listed;             /* while a list is read */
    lm_in *std_in;           /* what "-" is, when it is open already; stays the caller's */
    lm_files_folder *folder; /* those that were read: each is read once, whatever links lead to it */
} lm_files;
#define LM_FILES_INIT \
    { \
        .n = 0 \
    }

/* Add all files of a folder, with its subfolders (links are followed); or one file; or the members of a zip or tar archive,
 * which "-" is on standard input. LM_EIO: not there or not readable, a link that leads nowhere too (it may be a slice);
 * LM_ERANGE: beyond LM_FILES_DEPTH folders or LM_FILES_MAX files; as lm_archive_read for archives. */
LM_CHECKED lm_status lm_files_add(lm_files *f, const char *path, lm_err *err);
/* Add the paths in a list ("-": on standard input): one on each line, or ended by NUL when the list holds one, as
 * `find -print0` makes it. LM_EUSAGE when there is none in it, LM_ERANGE beyond LM_FILES_MAX. */
LM_CHECKED lm_status lm_files_add_list(lm_files *f, const char *list, lm_err *err);
/* Add one file by its path, whose name for messages begins at `root`. Remove one. */
LM_CHECKED lm_status lm_files_put(lm_files *f, const char *path, size_t root, bool asked, size_t size, lm_err *err);
void lm_files_drop(lm_files *f, size_t i);
/* Is this name such as scanners give (see above), so that a message may hold it? */
bool lm_files_plain(const char *name);
void lm_files_release(lm_files *f); /* accepts a zeroed struct; leaves LM_FILES_INIT */

#endif
