/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viewer.h: the 3D view inside the report: three.js, OrbitControls and template/viewer.js, inlined at build time, with the mesh as
 * data (scene.h) and the places to go to from the facts. Nothing is loaded; without WebGL or script a sentence points to the
 * still pictures. Over LM_VIEWER_TRIANGLES a preview (preview.h) is shown, and says so with its bound. */
#ifndef REPORTS_VIEWER_H
#define REPORTS_VIEWER_H

#include "reports/cell.h"
#include "reports/page.h"
#include "surface/mesh.h"

enum { LM_VIEWER_TRIANGLES = 200000 };

/* The section, with its script. mesh: lm_mesh_validate, with triangles. LM_ENOMEM. */
LM_CHECKED lm_status lm_viewer_section(lm_html *h, const json_t *facts, const lm_mesh *mesh, lm_err *err);
/* What the page's content policy says of the script. */
void lm_viewer_script(char source[LM_PAGE_SOURCE]);
/* three.js' revision. */
const char *lm_viewer_revision(void);

#endif
