/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit_json.h: an audit as a JSON object, the same in records, --json files and reports (man/meshqa-report.5).
 *
 * Flat: every fault's count under lm_audit_fault_name, then triangles, vertices, edges, unreferenced, holes, components,
 * cavities, euler, genus (null when it has none), volume_mm3, area_mm2, min_edge_mm, max_edge_mm, box_mm ([[x y z] lowest,
 * [x y z] highest], null when empty), intersect_tested, closed, manifold, oriented, valid. */
#ifndef LM_STREAM_AUDIT_JSON_H
#define LM_STREAM_AUDIT_JSON_H

#include "surface/audit_parts.h"
#include <jansson.h>

/* A new reference; NULL with LM_ENOMEM. */
LM_CHECKED json_t *lm_audit_json(const lm_audit *a, lm_err *err);
/* Of a mesh of several parts: label, name, valid, triangles, volume_mm3, area_mm2, box_mm of each, of the first
 * LM_AUDIT_JSON_PARTS. */
enum { LM_AUDIT_JSON_PARTS = 100 };
LM_CHECKED json_t *lm_audit_parts_json(const lm_audit_parts *a, const lm_parts *names, lm_err *err);

#endif
