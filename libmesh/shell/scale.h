/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scale.h: a part printed smaller or larger than the anatomy, and made larger by what the material shrinks (DESIGN 6, "Scale").
 *
 * Both multiply the coordinates about the origin and are rounded to float32 once: bit-exact for powers of two. Both are steps with
 * a record of their own, so that what came before can be gone back to: "scale":{"factor":[x,y,z], "print":0.5 |
 * "shrinkage_percent":[x,y,z], "about":[0,0,0], "space":"LPS", "before":{crc32,bytes}, "before_was":{...}} `space` is what the mesh
 * claimed; afterwards it claims none. `before`, where the stream carries the solid before material was added (mesh.h): that is
 * scaled too; its checksum now, and as it was. What the print loses is stated in percent of the length in the file: a factor is 1 /
 * (1 - percent / 100), and the print of the file has the size of the mesh before this step. */
#ifndef LM_SHELL_SCALE_H
#define LM_SHELL_SCALE_H

#include "stream/record.h"
#include "surface/mesh.h"

#define LM_SCALE_LEAST 0.001
#define LM_SCALE_MOST 1000.0
#define LM_SCALE_SHRINKAGE 20.0 /* percent, either way */
enum { LM_SCALE_TEXT = 128 };

/* "0.5", "50%", "1:2", "2:1"; LM_EUSAGE. */
LM_CHECKED lm_status lm_scale_parse(const char *text, double *out, lm_err *err);
/* "0.4%", or "0.4%,0.4%,0.6%" along x, y, z. LM_EUSAGE: without %, which a factor would be mistaken for. */
LM_CHECKED lm_status lm_scale_shrinkage(const char *text, double percent[3], lm_err *err);
/* "1:2", "2.5:1". Returns buf. */
const char *lm_scale_ratio(double scale, char buf[LM_SCALE_TEXT]);
/* "0.4 %, 0.4 %, 0.6 %" of the records as text for people, of all their steps together; NULL: none. */
const char *lm_scale_shrunk(const lm_records *rec, char buf[LM_SCALE_TEXT]);
/* Length of the part to that of the anatomy: 1 where no record says another. */
double lm_scale_of(const lm_records *rec);
/* The wall that the newest step with one was asked for, mm; 0: none was. */
double lm_scale_wall(const lm_records *rec);

/* One step on m (and the mesh before that goes with it); print 0: shrinkage. Parts get the scale behind their names, the only part
 * of a mesh without one becomes "part 1:2". *ret: the record, for lm_scale_append; the caller may add findings.
 * LM_EUSAGE: a scale on a mesh that has one, that is larger for shrinkage, or has bodies of known size beside it; shrinkage twice.
 * LM_ERULE: a coordinate leaves the range of float32. */
LM_CHECKED lm_status lm_scale_run(lm_mesh *m, const lm_records *rec, const char *tool, double print, const double percent[3],
                                  json_t **ret, lm_err *err);
/* Append r (stolen), sealed with the checksum of m, which becomes what the next record read. */
LM_CHECKED lm_status lm_scale_append(lm_records *rec, json_t *r, const lm_mesh *m, lm_err *err);

/* Is this the record of a step; and of which? */
typedef enum { LM_SCALE_NONE, LM_SCALE_PRINT, LM_SCALE_SHRINKAGE_STEP } lm_scale_kind;
lm_scale_kind lm_scale_step(const json_t *record);
/* Back: the coordinates divided, in arrays of their own (*pos, for the caller to free), each within two roundings of what it was;
 * and the space. LM_ERULE: the factors are no factors. */
LM_CHECKED lm_status lm_scale_back(const json_t *record, lm_mesh *m, float **pos, lm_err *err);

#endif
