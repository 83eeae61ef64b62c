/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/moved.h"
#include "measure/mass.h"
#include "stream/preserve_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const json_t *lm_moved_record(const lm_records *rec)
{
    const json_t *mcubes = lm_record_last(rec, "mcubes");
    return json_is_true(json_object_get(json_object_get(mcubes, "options"), "preserve-volume")) ? mcubes : NULL;
}

static double moved_number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* The volumes that the stage before had stated are those measured now. */
static void moved_again(const lm_pieces *before, lm_preserve_opt *opt)
{
    opt->whole = before->whole;
    opt->of_piece = before->of_piece;
    opt->n = before->found > 1 ? before->piece.count : 0; /* one piece is the whole */
}

static lm_status moved_surface(const lm_vol *vol, double iso, const lm_preserve_opt *opt, double at_level_mm3, lm_moved *out,
                               lm_err *err)
{
    lm_mesh mesh = LM_MESH_INIT;
    lm_mass mass = LM_MASS_INIT;
    lm_preserve_facts f = LM_PRESERVE_FACTS_INIT;
    lm_status rc = lm_preserve(vol, iso, opt, &mesh, &f, err);
    if (!rc) rc = lm_mass_measure(&mesh, &mass, err);
    if (!rc) {
        out->volume_mm3 = lm_preserve_reference(&f, at_level_mm3, &out->u_volume_mm3);
        out->u_volume_mm3 *= 2;
        out->pieces = f.n;
        out->moved = f.count[LM_PRESERVE_MOVED];
        memcpy(out->centroid_mm, mass.centroid_mm, sizeof mass.centroid_mm);
        memcpy(out->lo_mm, mass.lo_mm, sizeof mass.lo_mm);
        memcpy(out->hi_mm, mass.hi_mm, sizeof mass.hi_mm);
    }
    lm_mass_release(&mass);
    lm_preserve_release(&f);
    lm_mesh_release(&mesh);
    return rc;
}

lm_status lm_moved_make(const lm_vol *vol, const lm_pieces *before, double at_level_mm3, const json_t *dcmseg, const json_t *mcubes,
                        int threads, lm_moved *out, lm_err *err)
{
    const json_t *o = json_object_get(mcubes, "options");
    double iso = moved_number(o, "iso");
    lm_preserve_opt opt = LM_PRESERVE_OPT_INIT;
    lm_partial *list = NULL;
    if (isnan(iso)) return lm_err_set(err, LM_ERULE, NULL, "the record of mcubes does not say at which level the surface was made");
    opt.threads = threads;
    opt.partial.inside = moved_number(o, "inside");
    opt.partial.outside = moved_number(o, "outside");
    lm_status rc = lm_preserve_source(dcmseg, iso, &opt, &list, err);
    if (!rc && opt.from == LM_PRESERVE_STATED) moved_again(before, &opt);
    if (!rc) rc = moved_surface(vol, iso, &opt, at_level_mm3, out, err);
    free(list);
    return rc;
}
