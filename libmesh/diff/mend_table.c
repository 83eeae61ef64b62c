/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/mend_table.h"
#include "base/num.h"

#include <stdio.h>

static void mend_table_parts(const lm_mend *s, lm_out *out)
{
    char name[LM_PART_NAME], line[LM_ERR_TEXT];
    for (size_t i = 0; i < s->after->n; i++) {
        const lm_audit *x = &s->after->part[i];
        lm_audit_line(x, line, sizeof line);
        lm_io_printf(out, "part %-10u %-32s %14.10g mm3   %s\n", s->after->label[i],
                     lm_parts_name(&s->mesh->parts, s->after->label[i], name), x->volume_mm3, line);
    }
}

/* The first place of a fault. */
static void mend_table_place(const lm_mend *s, lm_out *out, lm_fault f)
{
    char at[3][LM_NUM_TEXT];
    size_t i = 0;
    while (i < s->places.n && s->places.list[i].fault != f) i++;
    if (i == s->places.n) return;
    for (int k = 0; k < 3; k++) lm_num_f32(s->places.list[i].at[k], at[k]);
    lm_io_printf(out, " at (%s, %s, %s) mm", at[0], at[1], at[2]);
}

static void mend_table_notes(const lm_mend *s, lm_out *out)
{
    static const char *const how[LM_PLACE_KINDS] = {NULL, "  that touch", "  that cross", "  that overlap in one plane"};
    for (int k = 1; k < LM_PLACE_KINDS && s->after->all.count[LM_FAULT_SELF_INTERSECT]; k++)
        lm_io_printf(out, "%-48s %14zu\n", how[k], s->places.kind[k]);
    lm_io_printf(out, "%-48s %14zu\n", "note: triangles lower than 1/100 of their length", s->places.slivers);
    lm_io_printf(out, "%-48s %14zu\n", "note: sides of triangles below 0.01 mm", s->places.short_edges);
}

void lm_mend_table(const lm_mend *s, lm_out *out)
{
    const lm_audit *x = &s->after->all;
    const struct {
        const char *what;
        double value;
        const char *unit;
    } row[] = {
        {"triangles", (double)x->triangles, ""},
        {"vertices", (double)x->vertices, ""},
        {"vertices in no triangle", (double)x->unreferenced, ""},
        {"components", (double)x->components, ""},
        {"cavities", (double)x->cavities, ""},
        {"holes", (double)x->holes, ""},
        {"volume", x->volume_mm3, " mm3"},
        {"area", x->area_mm2, " mm2"},
        {"shortest edge", x->min_edge_mm, " mm"},
        {"longest edge", x->max_edge_mm, " mm"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        lm_io_printf(out, "%-48s %14.10g%s\n", row[i].what, row[i].value, row[i].unit);
    if (x->has_genus) lm_io_printf(out, "%-48s %14ld\n", "genus", x->genus);
    for (int f = 0; f < LM_FAULTS; f++) {
        bool vertex = f == LM_FAULT_NONFINITE || f == LM_FAULT_COINCIDENT || f == LM_FAULT_NONMANIFOLD_VERTEX;
        lm_io_printf(out, "%-48s %14zu", lm_audit_fault_text((lm_fault)f), x->count[f]);
        if (x->count[f]) lm_io_printf(out, "   first: %s %zu", vertex ? "vertex" : "triangle", x->first[f]);
        if (x->count[f] && f == LM_FAULT_SELF_INTERSECT) lm_io_printf(out, " and %zu", x->second);
        mend_table_place(s, out, (lm_fault)f);
        lm_io_printf(out, "\n");
    }
    mend_table_notes(s, out);
    if (s->asked)
        lm_io_printf(out, "%-48s %14s   %zu degenerate, %zu open edges, %zu reversed\n", "second opinion (libadmesh)",
                     s->second.good ? "good" : "not good", s->second.degenerate, s->second.open_edges, s->second.reversed);
    lm_io_printf(out, "%-48s %14s\n", "valid", x->valid ? "yes" : "no");
    if (s->mesh->label) mend_table_parts(s, out);
}

bool lm_mend_step(const lm_mend *s, int i, char *buf, size_t cap)
{
    enum { PLACES = 3 };
    char where[LM_ERR_TEXT];
    if (i >= LM_REPAIR_STEPS) return lm_finish_say(&s->finish, i - LM_REPAIR_STEPS, buf, cap);
    const lm_repair_step *p = &s->repair.step[i];
    lm_spots_text(&p->where, PLACES, where, sizeof where);
    if (p->count)
        snprintf(buf, cap, "%s: %zu, moved %.3g mm, volume %+.6g mm3%s%s", lm_repair_name((lm_repair_kind)i), p->count,
                 p->max_move_mm, p->volume_change_mm3, where, p->where.n > PLACES ? ", ..." : "");
    return p->count > 0;
}
