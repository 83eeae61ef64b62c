/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/pick.h"
#include "base/num.h"
#include "dicom/select.h"
#include "surface/split.h"

#include <stdio.h>
#include <string.h>

/* "1 (liver), 2 (part-2), ..." */
static void pick_list(const lm_mesh *m, const lm_split *s, char *buf, size_t cap)
{
    enum { NAMED = 5 };
    char name[LM_PART_NAME];
    size_t used = 0;
    for (size_t i = 0; i < s->n && i < NAMED; i++)
        used += (size_t)snprintf(buf + used, cap - used, "%s%u (%s)", i ? ", " : "", s->label[i],
                                 lm_parts_name(&m->parts, s->label[i], name));
    if (s->n > NAMED) snprintf(buf + used, cap - used, ", ...");
}

static lm_status pick_index(const lm_mesh *m, const lm_split *s, const char *text, size_t *index, lm_err *err)
{
    char name[LM_PART_NAME], list[5 * (LM_PART_NAME + 20)] = "";
    lm_select *select = NULL;
    size_t number, hits = 0;
    bool numeric = lm_num_size(text, UINT32_MAX, &number), hit;
    lm_status rc = numeric ? LM_OK : lm_select_new(text, &select, err);
    for (size_t i = 0; i < s->n && !rc; i++) {
        hit = numeric && s->label[i] == number;
        if (!numeric) rc = lm_select_match(select, lm_parts_name(&m->parts, s->label[i], name), &hit, err);
        if (hit) *index = i;
        hits += hit;
    }
    lm_select_release(select);
    if (rc) return lm_err_frame(err, "--label");
    if (hits == 1) return LM_OK;
    pick_list(m, s, list, sizeof list);
    return lm_err_set(err, LM_EUSAGE, NULL, "--label %.40s: %s of the parts %s", text, hits ? "more than one" : "none", list);
}

lm_status lm_pick_label(const lm_mesh *m, const char *text, uint32_t *label, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    size_t i = 0;
    lm_status rc = lm_split_make(m, &s, err);
    if (!rc && !(rc = pick_index(m, &s, text, &i, err))) *label = s.label[i];
    lm_split_release(&s);
    return rc;
}

lm_status lm_pick_part(lm_mesh *m, lm_records *rec, const char *text, uint32_t *label, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    lm_mesh part = LM_MESH_INIT;
    char name[LM_PART_NAME], note[LM_PART_NAME + 60];
    size_t i = 0;
    lm_status rc = lm_split_make(m, &s, err);
    if (rc || (rc = pick_index(m, &s, text, &i, err))) goto done;
    *label = s.label[i];
    if (!m->label || (rc = lm_split_part(m, &s, i, NULL, &part, NULL, err))) goto done;
    const lm_part *known = lm_parts_find(&m->parts, *label);
    lm_part p = {.label = 1};
    if (known) p = *known;
    p.label = 1;
    if (known && (rc = lm_parts_add(&part.parts, &p, err))) goto done;
    snprintf(note, sizeof note, "part %u (%s) of %zu was taken", *label, lm_parts_name(&m->parts, *label, name), s.n);
    lm_mesh_release(m);
    *m = part;
    part = (lm_mesh)LM_MESH_INIT;
    rec->belong = false;
    rc = lm_record_note(rec, "note", NULL, note, err);
done:
    lm_mesh_release(&part);
    lm_split_release(&s);
    return rc;
}

lm_status lm_pick_body(lm_mesh *m, lm_records *rec, const char *text, uint32_t *label, lm_err *err)
{
    char list[5 * (LM_PART_NAME + 20)] = "", only[12];
    lm_split s = LM_SPLIT_INIT;
    if (text || !m->label) return text ? lm_pick_part(m, rec, text, label, err) : LM_OK;
    lm_status rc = lm_split_make(m, &s, err);
    if (!rc && s.n != 1) {
        pick_list(m, &s, list, sizeof list);
        rc = lm_err_set(err, LM_EUSAGE, NULL,
                        "the mesh has %zu parts, %s: choose one (--label), or take them as one body (--join-parts)", s.n, list);
    } else if (!rc) snprintf(only, sizeof only, "%u", s.label[0]);
    lm_split_release(&s);
    return rc ? rc : lm_pick_part(m, rec, only, label, err);
}
