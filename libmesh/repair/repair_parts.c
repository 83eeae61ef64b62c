/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/repair_parts.h"
#include "base/mem.h"
#include "surface/share.h"
#include "surface/split.h"

#include <stdlib.h>
#include <string.h>

lm_status lm_repair_parts_assemble(lm_mesh *part, const uint32_t *label, size_t n, lm_mesh *m, lm_err *err)
{
    lm_mesh out = LM_MESH_INIT;
    size_t nv = 0, nt = 0;
    bool quality = n > 0;
    for (size_t i = 0; i < n; i++) {
        if (!lm_mem_add(nv, part[i].nv, &nv) || !lm_mem_add(nt, part[i].nt, &nt)) nv = SIZE_MAX / 64;
        quality = quality && part[i].quality;
    }
    lm_status rc = lm_mesh_alloc(&out, nv, nt, err);
    if (!rc && (!(out.label = lm_mem_alloc(nt, sizeof *out.label, err)) ||
                (quality && !(out.quality = lm_mem_alloc(nv, sizeof *out.quality, err)))))
        rc = LM_ENOMEM;
    if (rc) {
        lm_mesh_release(&out);
        return rc;
    }
    nv = nt = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(out.pos + 3 * nv, part[i].pos, 3 * part[i].nv * sizeof *out.pos);
        if (quality) memcpy(out.quality + nv, part[i].quality, part[i].nv * sizeof *out.quality);
        for (size_t k = 0; k < 3 * part[i].nt; k++) out.tri[3 * nt + k] = (uint32_t)nv + part[i].tri[k];
        for (size_t t = 0; t < part[i].nt; t++) out.label[nt + t] = label[i];
        nv += part[i].nv;
        nt += part[i].nt;
        lm_mesh_release(&part[i]);
    }
    out.space = m->space;
    out.parts = m->parts;
    m->parts = (lm_parts)LM_PARTS_INIT;
    lm_mesh_release(m);
    *m = out;
    return LM_OK;
}

static void repair_parts_add(lm_repair *to, lm_repair *from)
{
    for (int k = 0; k < LM_REPAIR_STEPS; k++) {
        to->step[k].count += from->step[k].count;
        lm_spots_merge(&to->step[k].where, &from->step[k].where);
        to->step[k].volume_change_mm3 += from->step[k].volume_change_mm3;
        if (from->step[k].max_move_mm > to->step[k].max_move_mm) to->step[k].max_move_mm = from->step[k].max_move_mm;
    }
    to->hole_area_mm2 += from->hole_area_mm2;
    to->hole_triangles += from->hole_triangles;
    if (from->rebuild.step_mm > 0) to->rebuild = from->rebuild;
    to->nonorientable = from->nonorientable;
    to->nonorientable_first = from->nonorientable_first;
    memcpy(to->nonorientable_at, from->nonorientable_at, sizeof to->nonorientable_at);
    free(to->hole);
    to->hole = from->hole;
    to->holes_left = from->holes_left;
    from->hole = NULL;
}

/* One pass over all parts: repair those that `valid` does not name, or (valid NULL) drop shells of all. Walls are shared again. */
static lm_status repair_parts_pass(lm_mesh *m, const lm_audit_parts *valid, const lm_repair_opt *opt, lm_repair_parts *out,
                                   bool *touched, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    uint32_t *now = NULL;
    lm_mesh *part = NULL;
    size_t walls;
    lm_status rc = lm_split_make(m, &s, err);
    *touched = false;
    if (!rc && (!(now = lm_split_scratch(m, err)) || !(part = lm_mem_calloc(s.n, sizeof *part, err)))) rc = LM_ENOMEM;
    for (size_t i = 0, k = 0; i < s.n && !rc; i++) {
        lm_repair r = LM_REPAIR_INIT;
        while (out->label[k] != s.label[i]) k++; /* a part may be gone since the first pass */
        if ((rc = lm_split_part(m, &s, i, now, &part[i], NULL, err))) break;
        if (valid && valid->part[i].valid) continue;
        if ((rc = lm_repair_run(&part[i], !valid, opt, &r, err))) break;
        *touched |= valid || r.step[LM_REPAIR_KEEP].count;
        repair_parts_add(&out->part[k], &r);
    }
    if (!rc && *touched && !(rc = lm_repair_parts_assemble(part, s.label, s.n, m, err))) rc = lm_share_run(m, &walls, err);
    for (size_t i = 0; part && i < s.n; i++) lm_mesh_release(&part[i]);
    free(part);
    free(now);
    lm_split_release(&s);
    return rc;
}

/* Repair, look whether the parts still fit, then drop shells: of a wall with one of them the other part keeps its side. */
static lm_status repair_parts_several(lm_mesh *m, const lm_audit_parts *before, const lm_repair_opt *opt, lm_repair_parts *out,
                                      lm_err *err)
{
    lm_repair_opt repair = *opt;
    lm_mesh old = LM_MESH_INIT;
    bool touched = false;
    lm_status rc = LM_OK;
    repair.keep = (lm_keep_opt){.most = 0};
    repair.skip |= 1U << LM_REPAIR_FAIR; /* patches that two parts share must be the same to the bit */
    if (!before->all.valid && !(rc = lm_mesh_copy(m, &old, err)) &&
        !(rc = repair_parts_pass(m, before, &repair, out, &touched, err)))
        rc = lm_walls_check(&old, m, &out->walls, err);
    out->touched = touched;
    lm_mesh_release(&old);
    if (!rc && (opt->keep.most || opt->keep.min_mm3 > 0)) {
        rc = repair_parts_pass(m, NULL, opt, out, &touched, err);
        out->touched |= touched;
    }
    return rc;
}

lm_status lm_repair_parts_run(lm_mesh *m, const lm_audit_parts *before, const lm_repair_opt *opt, lm_repair_parts *out, lm_err *err)
{
    lm_status rc = LM_OK;
    *out = (lm_repair_parts){.n = before->n};
    if (!(out->label = lm_mem_alloc(out->n, sizeof *out->label, err)) ||
        !(out->part = lm_mem_calloc(out->n, sizeof *out->part, err)))
        rc = LM_ENOMEM;
    if (!rc) memcpy(out->label, before->label, out->n * sizeof *out->label);
    if (!rc && m->label) rc = repair_parts_several(m, before, opt, out, err);
    else if (!rc && !(rc = lm_repair_run(m, before->all.valid, opt, &out->part[0], err)))
        out->touched = !before->all.valid || out->part[0].step[LM_REPAIR_KEEP].count;
    if (rc) {
        lm_repair_parts_release(out);
        return rc;
    }
    lm_repair all = LM_REPAIR_INIT;
    for (size_t i = 0; i < out->n; i++) {
        lm_repair copy = out->part[i];
        copy.hole = NULL;
        repair_parts_add(&all, &copy);
        out->holes_left += copy.holes_left;
    }
    memcpy(out->step, all.step, sizeof all.step);
    out->hole_area_mm2 = all.hole_area_mm2;
    out->hole_triangles = all.hole_triangles;
    return LM_OK;
}

void lm_repair_parts_release(lm_repair_parts *r)
{
    for (size_t i = 0; r->part && i < r->n; i++) lm_repair_release(&r->part[i]);
    free(r->part);
    free(r->label);
    *r = (lm_repair_parts)LM_REPAIR_PARTS_INIT;
}
