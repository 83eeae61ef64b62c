/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/reviewlist.h"
#include "base/mem.h"
#include "stream/probmap.h"
#include "stream/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REVIEWLIST_ID = 16 };

static json_t *reviewlist_region(const lm_review_region *g, size_t number, double mm3)
{
    return json_pack("{s:I, s:I, s:f, s:[f, f, f], s:[I, I], s:f, s:f}", "region", (json_int_t)number, "voxels",
                     (json_int_t)g->voxels, "mm3", (double)g->voxels * mm3, "centre_mm", g->centre_mm[0], g->centre_mm[1],
                     g->centre_mm[2], "slices", (json_int_t)g->first + 1, (json_int_t)g->last + 1, "least", g->least, "mean",
                     g->mean);
}

/* The id is that of all that stands behind it. */
static lm_status reviewlist_id(json_t *list, lm_err *err)
{
    char hex[LM_SHA256_HEX];
    char *text = lm_record_dump(list, JSON_COMPACT | JSON_REAL_PRECISION(17), err);
    if (!text) return LM_ENOMEM;
    lm_hash_sha256_of(text, strlen(text), hex);
    free(text);
    hex[REVIEWLIST_ID] = 0;
    return json_object_set_new(list, "id", json_string(hex)) ? lm_err_nomem(err, 0) : LM_OK;
}

static lm_status reviewlist_json(const lm_review *r, double mm3, const char *sha256, json_t **ret, lm_err *err)
{
    json_t *all = json_array(),
           *list = json_pack("{s:s, s:f, s:s, s:I, s:I, s:f, s:I, s:o}", "id", "", "limit", r->limit, "map_sha256", sha256,
                             "object_voxels", (json_int_t)r->object, "voxels", (json_int_t)r->voxels, "mm3",
                             (double)r->voxels * mm3, "found", (json_int_t)r->found, "regions", all);
    bool ok = all && list;
    for (size_t i = 0; i < r->n && ok; i++) ok = !json_array_append_new(all, reviewlist_region(&r->region[i], i + 1, mm3));
    if (ok && r->found > r->n)
        ok = !json_object_set_new(list, "rest",
                                  json_pack("{s:I, s:I, s:f}", "count", (json_int_t)(r->found - r->n), "voxels",
                                            (json_int_t)r->rest, "mm3", (double)r->rest * mm3));
    lm_status rc = ok ? reviewlist_id(list, err) : lm_err_nomem(err, 0);
    if (rc) json_decref(list);
    else *ret = list;
    return rc;
}

lm_status lm_reviewlist_of(const lm_vol *v, const lm_regions *regions, const lm_reviewlist_ask *ask, json_t **ret, lm_err *err)
{
    const lm_vol grid = v ? *v : lm_regions_grid(regions); /* borrowed */
    lm_vol map = LM_VOL_INIT;
    lm_bits object = {.n = {grid.n[0], grid.n[1], grid.n[2]}, .words = lm_mask_words(grid.n[0])};
    char sha256[LM_SHA256_HEX];
    lm_review *found = lm_mem_alloc(1, sizeof *found, err);
    lm_status rc = found ? lm_probmap_read(ask->path, ask->axes, &grid, &map, sha256, err) : LM_ENOMEM;
    if (!rc && v) rc = lm_mask_all(v, v->iso, ask->threads, &object.row, err);
    else if (!rc) rc = lm_regions_bits(regions, NULL, &object.row, err);
    if (!rc) rc = lm_review_find(&object, &map, ask->limit, ask->threads, found, err);
    if (!rc) rc = reviewlist_json(found, fabs(lm_vol_det(&grid)), sha256, ret, err);
    lm_bits_release(&object);
    lm_vol_release(&map);
    free(found);
    return rc;
}

static lm_status reviewlist_markups(const json_t *list, lm_out *out, lm_err *err)
{
    json_t *points = json_array(), *one;
    size_t i;
    bool ok = points;
    json_array_foreach(json_object_get(list, "regions"), i, one) {
        char id[24], label[40];
        snprintf(id, sizeof id, "%zu", i + 1);
        snprintf(label, sizeof label, "region-%zu", i + 1);
        ok = ok && !json_array_append_new(points, json_pack("{s:s, s:s, s:O}", "id", id, "label", label, "position",
                                                            json_object_get(one, "centre_mm")));
    }
    json_t *o =
        json_pack("{s:s, s:[{s:s, s:s, s:s, s:o}]}", "@schema",
                  "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
                  "markups-schema-v1.0.3.json#",
                  "markups", "type", "Fiducial", "coordinateSystem", "LPS", "coordinateUnits", "mm", "controlPoints", points);
    char *text = ok && o ? lm_record_dump(o, JSON_INDENT(2) | JSON_REAL_PRECISION(17), err) : NULL;
    if (text) lm_io_printf(out, "%s\n", text);
    json_decref(o);
    if (!text) return lm_err_nomem(err, 0);
    free(text);
    return LM_OK;
}

lm_status lm_reviewlist_points(const json_t *list, bool markups, lm_out *out, lm_err *err)
{
    const json_t *one;
    size_t i;
    if (markups) return reviewlist_markups(list, out, err);
    lm_io_printf(out, "# review %s\n", json_string_value(json_object_get(list, "id")));
    json_array_foreach(json_object_get(list, "regions"), i, one) {
        const json_t *c = json_object_get(one, "centre_mm");
        lm_io_printf(out, "point region-%zu %.3f %.3f %.3f\n", i + 1, json_number_value(json_array_get(c, 0)),
                     json_number_value(json_array_get(c, 1)), json_number_value(json_array_get(c, 2)));
    }
    return LM_OK;
}
