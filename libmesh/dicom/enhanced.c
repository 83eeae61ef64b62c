/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/enhanced.h"

#include <math.h>
#include <string.h>

bool lm_enhanced_is(const lm_dicom_file *f)
{
    static const char *const classes[] = {"2.1", "2.2", "4.1", "4.4", "128.1", "130"}; /* CT, MR, PET; PS3.4 B.5 */
    static const char root[] = "1.2.840.10008.5.1.4.1.1.";
    if (strncmp(f->sop_class, root, sizeof root - 1)) return false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (!strcmp(f->sop_class + sizeof root - 1, classes[i])) return true;
    return false;
}

typedef struct {
    const lm_tree_item *frame, *shared;
} enhanced_groups;

/* The one item of a functional group: of the frame, else the shared one. */
static const lm_tree_item *enhanced_group(const enhanced_groups *g, uint32_t tag)
{
    const lm_tree_item *own = lm_tree_at(g->frame, tag, 0);
    return own ? own : lm_tree_at(g->shared, tag, 0);
}

static bool enhanced_numbers(const lm_tree_item *item, uint32_t tag, size_t n, double *out)
{
    double v[8];
    if (lm_tree_numbers(item, tag, v, n) != n) return false;
    memcpy(out, v, n * sizeof *v);
    return true;
}

static void enhanced_number(const lm_tree_item *item, uint32_t tag, double *out)
{
    double v;
    if (lm_tree_numbers(item, tag, &v, 1)) *out = v;
}

static void enhanced_code(const lm_tree_item *item, uint32_t tag, size_t index, char *out, size_t cap)
{
    char text[LM_TEXT];
    if (!lm_tree_code(item, tag, index, text, sizeof text) || strlen(text) >= cap) return;
    strcpy(out, text);
    lm_scan_clean(out);
}

static void enhanced_plane(const enhanced_groups *g, lm_dicom_file *f)
{
    const lm_tree_item *measures = enhanced_group(g, 0x00289110);
    f->has_position = enhanced_numbers(enhanced_group(g, 0x00209113), 0x00200032, 3, f->position);
    f->has_orientation = enhanced_numbers(enhanced_group(g, 0x00209116), 0x00200037, 6, f->orientation);
    f->has_spacing = enhanced_numbers(measures, 0x00280030, 2, f->spacing);
    f->thickness = 0;
    enhanced_number(measures, 0x00180050, &f->thickness);
    if (f->thickness < 0) f->thickness = 0;
}

static void enhanced_values(const enhanced_groups *g, lm_dicom_file *f)
{
    const lm_tree_item *values = enhanced_group(g, 0x00289145);
    f->slope = 1;
    f->intercept = 0;
    f->has_rescale = enhanced_numbers(values, 0x00281052, 1, &f->intercept);
    f->has_rescale = enhanced_numbers(values, 0x00281053, 1, &f->slope) && f->has_rescale;
    f->rescale_type[0] = 0;
    enhanced_code(values, 0x00281054, 0, f->rescale_type, sizeof f->rescale_type);
}

/* What may tell apart volumes that share places. */
static void enhanced_keys(const enhanced_groups *g, lm_dicom_file *f)
{
    const lm_tree_item *content = enhanced_group(g, 0x00209111), *cardiac = enhanced_group(g, 0x00189118);
    f->temporal = f->echo = f->phase = f->trigger = f->b_value = f->acquisition = NAN;
    enhanced_number(content, 0x00209128, &f->temporal);
    if (isnan(f->temporal))
        enhanced_number(enhanced_group(g, 0x00209310), 0x0020930d, &f->temporal); /* Temporal Position: offset */
    enhanced_number(content, 0x00209156, &f->acquisition);
    enhanced_code(content, 0x00209056, 0, f->stack, sizeof f->stack);
    enhanced_number(cardiac, 0x00209241, &f->phase);
    enhanced_number(cardiac, 0x00209153, &f->trigger);
    enhanced_number(enhanced_group(g, 0x00189114), 0x00189082, &f->echo); /* Effective Echo Time */
    enhanced_number(enhanced_group(g, 0x00189117), 0x00189087, &f->b_value);
}

/* Type, kernel and voltage; legacy converted objects keep the latter two among what the converter did not assign. */
static void enhanced_technique(const enhanced_groups *g, lm_dicom_file *f)
{
    static const uint32_t types[] = {0x00189226, 0x00189329, 0x00189751}; /* MR, CT, PET frame type */
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const lm_tree_item *type = enhanced_group(g, types[i]);
        enhanced_code(type, 0x00089007, 2, f->image_type3, sizeof f->image_type3);
        enhanced_code(type, 0x00089007, 3, f->image_type4, sizeof f->image_type4);
    }
    const lm_tree_item *own = enhanced_group(g, 0x00209171), *all = enhanced_group(g, 0x00209170);
    enhanced_code(all, 0x00181210, 0, f->kernel, sizeof f->kernel);
    enhanced_code(own, 0x00181210, 0, f->kernel, sizeof f->kernel);
    enhanced_code(enhanced_group(g, 0x00189314), 0x00181210, 0, f->kernel, sizeof f->kernel);
    enhanced_number(all, 0x00180060, &f->kvp);
    enhanced_number(own, 0x00180060, &f->kvp);
    enhanced_number(enhanced_group(g, 0x00189325), 0x00180060, &f->kvp);
    if (f->kvp < 0) f->kvp = 0;
}

lm_status lm_enhanced_frames(const lm_tree *t, const lm_dicom_file *f, lm_dicom_file *out, lm_err *err)
{
    const lm_tree_item *root = lm_tree_root(t);
    size_t groups = lm_tree_items(root, 0x52009230);
    if (groups && groups != f->frames)
        return lm_err_set(err, LM_EFORMAT, "G-1", "functional groups for %zu frames (5200,9230) where there are %u (0028,0008)",
                          groups, f->frames);
    for (unsigned i = 0; i < f->frames; i++) {
        const enhanced_groups g = {lm_tree_at(root, 0x52009230, i), lm_tree_at(root, 0x52009229, 0)};
        out[i] = *f;
        out[i].kind = LM_DICOM_SLICE;
        out[i].frame_at = i;
        enhanced_plane(&g, &out[i]);
        enhanced_values(&g, &out[i]);
        enhanced_keys(&g, &out[i]);
        enhanced_technique(&g, &out[i]);
    }
    return LM_OK;
}
