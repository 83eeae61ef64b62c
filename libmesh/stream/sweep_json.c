/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/sweep_json.h"
#include "base/num.h"

#include <string.h>

static json_t *sweep_json_row(const lm_sweep *s, const lm_sweep_row *r)
{
    return json_pack("{s:f, s:I, s:f, s:f, s:I, s:f, s:I, s:I, s:I, s:b, s:b}", "level", r->level, "voxels", (json_int_t)r->voxels,
                     "volume_mm3", (double)r->voxels * s->voxel_mm3, "area_mm2", r->area_mm2, "pieces", (json_int_t)r->pieces,
                     "largest_mm3", (double)r->largest * s->voxel_mm3, "cavities", (json_int_t)r->cavities, "euler",
                     (json_int_t)r->euler, "genus", (json_int_t)r->tunnels, "border", r->border, "leak", r->leak);
}

json_t *lm_sweep_json(const lm_sweep *s, const char *unit, lm_err *err)
{
    json_t *rows = json_array(), *plateau = s->plateau ? json_pack("{s:f, s:f, s:f, s:f}", "from", s->from, "to", s->to, "level",
                                                                   s->suggestion, "change_percent", s->change_percent)
                                                       : json_null();
    bool bad = !rows || !plateau;
    for (size_t i = 0; i < s->n && !bad; i++) bad = json_array_append_new(rows, sweep_json_row(s, &s->row[i])) != 0;
    json_t *o =
        bad ? NULL : json_pack("{s:s, s:f, s:O, s:O}", "unit", unit, "voxel_mm3", s->voxel_mm3, "levels", rows, "plateau", plateau);
    json_decref(rows);
    json_decref(plateau);
    if (!o) lm_err_nomem(err, sizeof(json_t));
    return o;
}

void lm_sweep_table(const lm_sweep *s, const char *unit, lm_out *out)
{
    const bool hu = !strcmp(unit, "HU");
    char text[LM_NUM_TEXT], to[LM_NUM_TEXT], at[LM_NUM_TEXT];
    lm_io_printf(out, "%10s %14s %12s %9s %14s %9s %9s  %s\n", hu ? "level, HU" : "level", "volume, mm3", "area, mm2", "pieces",
                 "largest, mm3", "cavities", "genus", "notes");
    for (size_t i = 0; i < s->n; i++) {
        const lm_sweep_row *r = &s->row[i];
        lm_num_f64(r->level, text);
        const char *notes = r->leak ? r->border ? "  leak, at the border" : "  leak" : r->border ? "  at the border" : "";
        lm_io_printf(out, "%10s %14.1f %12.1f %9zu %14.1f %9zu %9lld%s\n", text, (double)r->voxels * s->voxel_mm3, r->area_mm2,
                     r->pieces, (double)r->largest * s->voxel_mm3, r->cavities, (long long)r->tunnels, notes);
    }
    if (!s->plateau) {
        lm_io_printf(out, "plateau: none is told apart by these levels\n");
        return;
    }
    lm_num_f64(s->from, text);
    lm_num_f64(s->to, to);
    lm_num_f64(s->suggestion, at);
    lm_io_printf(out, "plateau: from %s to %s%s the volume changes least, %.3g %% per step; suggested: %s\n", text, to,
                 hu ? " HU" : "", s->change_percent, at);
}
