/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicomdir.h: the files that a DICOMDIR names (PS3.3 F, PS3.10 8), as a list. A File ID is names of folders and a file below the
 * folder of the DICOMDIR; nothing outside it is ever looked at: no "..", no separators or links in a name. */
#ifndef LM_DICOM_DICOMDIR_H
#define LM_DICOM_DICOMDIR_H

#include "dicom/files.h"
#include "dicom/tree.h"

/* SOP class of a DICOMDIR. */
#define LM_DICOMDIR_CLASS "1.2.840.10008.1.3.10"

/* Add the files of the directory records in use of `t`, which was read from `path`. Names are taken as they stand, else without
 * regard to case where that fits one entry alone (media are written with capital letters and copied without). LM_EIO: a file is
 * not there; LM_EFORMAT: no files are named; LM_ERULE: a name that would lead out of the folder, or a link. */
LM_CHECKED lm_status lm_dicomdir_add(const lm_tree *t, const char *path, lm_files *files, lm_err *err);

#endif
