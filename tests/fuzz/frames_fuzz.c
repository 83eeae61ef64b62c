/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data sets in the flat form of gdcm_shim.h, taken for enhanced multi-frame objects and for DICOMDIRs: whatever they hold, frames
 * as many as are asked for, and no file outside the folder, which does not exist here. */
#include "dicom/dicomdir.h"
#include "dicom/enhanced.h"
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lm_tree *t = NULL;
    lm_err err = LM_ERR_INIT;
    lm_files files = LM_FILES_INIT;
    if (lm_tree_rebuild(data, size, &t, &err)) return 0;
    static const uint32_t groups = 0x52009230;
    lm_dicom_file root = {.state = LM_SCAN_DICOM, .frames = (unsigned)lm_tree_items(lm_tree_root(t), groups)};
    if (!root.frames) root.frames = 2;
    lm_dicom_file *frame = root.frames > 4096 ? NULL : malloc(root.frames * sizeof *frame);
    if (frame) {
        if (!lm_enhanced_frames(t, &root, frame, &err))
            for (unsigned i = 0; i < root.frames; i++)
                if (frame[i].frame_at != i || strlen(frame[i].stack) >= sizeof frame[i].stack) abort();
        root.frames++;
        if (lm_tree_items(lm_tree_root(t), groups) && !lm_enhanced_frames(t, &root, frame, &err)) abort();
    }
    if (!lm_dicomdir_add(t, "/nowhere-at-all/DICOMDIR", &files, &err)) abort();
    lm_files_release(&files);
    free(frame);
    lm_tree_release(t);
    return 0;
}
