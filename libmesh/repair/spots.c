/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/spots.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

void lm_spots_add(lm_spots *s, const float at[3])
{
    if (s && s->n < LM_SPOTS) memcpy(s->at[s->n++], at, sizeof *s->at);
}

void lm_spots_triangle(lm_spots *s, const lm_mesh *m, size_t t)
{
    const uint32_t *v = m->tri + 3 * t;
    float at[3];
    if (!s || s->n == LM_SPOTS) return;
    for (size_t k = 0; k < 3; k++)
        at[k] = (float)(((double)m->pos[3 * (size_t)v[0] + k] + m->pos[3 * (size_t)v[1] + k] + m->pos[3 * (size_t)v[2] + k]) / 3);
    lm_spots_add(s, at);
}

void lm_spots_merge(lm_spots *s, const lm_spots *more)
{
    for (size_t i = 0; i < more->n; i++) lm_spots_add(s, more->at[i]);
}

json_t *lm_spots_json(const lm_spots *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->n; i++) {
        const float *p = s->at[i];
        if (!json_array_append_new(list, json_pack("[f, f, f]", (double)p[0], (double)p[1], (double)p[2]))) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

void lm_spots_text(const lm_spots *s, size_t most, char *buf, size_t cap)
{
    size_t n = 0;
    if (cap) buf[0] = 0;
    for (size_t i = 0; i < s->n && i < most && n < cap; i++) {
        char at[3][LM_NUM_TEXT];
        for (int k = 0; k < 3; k++) lm_num_f32(s->at[i][k], at[k]);
        n += (size_t)snprintf(buf + n, cap - n, "%s(%s, %s, %s)%s", i ? ", " : " at ", at[0], at[1], at[2], i ? "" : " mm");
    }
}
