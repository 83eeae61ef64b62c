/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.h: plain data in, one self-contained HTML page out.
 *
 * Every text and number of the page comes from `facts`, the object that meshmeasure also writes as report.json
 * (man/meshqa-report.5 describes its keys); the pictures come from the mesh. Same facts and mesh, same bytes: no time, no
 * path, no host. The page asks for nothing outside itself, and runs no script but its own (its content policy forbids both: hashes
 * of style and script); every string is escaped. A key that is missing or of another type shows as "not stated" and is never an
 * error. */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include "base/io.h"
#include "reports/overlay.h"
#include "surface/mesh.h"
#include <jansson.h>

/* Write the page to out; the caller commits (or aborts) it.
 *   facts  borrowed; a JSON object (LM_EFORMAT when it is not)
 *   mesh   in LPS, indices and coordinates valid (lm_mesh_validate); NULL or without triangles: no pictures
 *   overlay  slices of the source, or NULL
 * LM_ENOMEM. Failed writes show in lm_io_commit. */
LM_CHECKED lm_status lm_report_write(lm_out *out, const json_t *facts, const lm_mesh *mesh, const lm_overlay *overlay, lm_err *err);

#endif
