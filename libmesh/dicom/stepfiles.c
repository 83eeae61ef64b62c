/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/stepfiles.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPFILES_LABELS = 64 };

void lm_stepfiles_release(lm_stepfiles *f)
{
    for (size_t i = 0; i < LM_STEPS_MAX; i++) {
        lm_masks_release(&f->mask[i]);
        lm_edits_release(&f->edits[i]);
    }
}

bool lm_stepfiles_sum(const lm_step *s, char hex[LM_SHA256_HEX])
{
    const size_t begin = strlen(LM_STEP_SHA256), n = LM_SHA256_HEX - 1;
    if (strncmp(s->args, LM_STEP_SHA256, begin) != 0 || strspn(s->args + begin, "0123456789abcdef") != n) return false;
    memcpy(hex, s->args + begin, n);
    hex[n] = 0;
    return true;
}

/* What ";label=L" parts of args say, or nothing: all. */
static lm_status stepfiles_pick(const lm_step *s, lm_masks *m, const lm_masks_opt *opt, bool *some, lm_err *err)
{
    char text[LM_STEP_ARGS];
    const char *label[STEPFILES_LABELS];
    size_t n = 0;
    snprintf(text, sizeof text, "%s", s->args);
    for (char *at = strchr(text, ';'); at; at = strchr(at, ';')) {
        *at++ = 0;
        if (n == STEPFILES_LABELS) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d labels", (int)STEPFILES_LABELS);
        label[n++] = at + strlen("label=");
    }
    *some = n;
    return lm_masks_pick(m, label, n, opt, err);
}

static lm_status stepfiles_args(lm_step *s, const lm_masks *m, bool some, lm_err *err)
{
    const char *proof = lm_masks_proof(m->facts);
    size_t n = (size_t)snprintf(s->args, sizeof s->args, LM_STEP_SHA256 "%s", proof ? proof : "");
    for (size_t i = 0; some && i < m->regions.count && n < sizeof s->args; i++)
        n += (size_t)snprintf(s->args + n, sizeof s->args - n, ";label=%" PRIu32, m->regions.item[i].part.label);
    return n < sizeof s->args ? LM_OK : lm_err_set(err, LM_EUSAGE, NULL, "too many labels for one step: give them in several");
}

lm_status lm_stepfiles_put(lm_steps *s, size_t i, lm_masks *m, const lm_masks_opt *opt, lm_stepfiles *out, lm_err *err)
{
    lm_step *step = &s->step[i];
    bool some = false;
    lm_masks_release(&out->mask[i]);
    out->mask[i] = *m;
    *m = (lm_masks)LM_MASKS_INIT;
    lm_masks *mask = &out->mask[i];
    if (mask->frame[0] && opt->grid_frame && opt->grid_frame[0] && strcmp(mask->frame, opt->grid_frame))
        return lm_err_set(err, LM_ERULE, "G-3",
                          "mask and series are in different frames of reference: their coordinates do not belong together");
    lm_status rc = stepfiles_pick(step, mask, opt, &some, err);
    if (!rc) rc = stepfiles_args(step, mask, some, err);
    step->mask = &mask->regions;
    return rc;
}

lm_status lm_stepfiles_put_edits(lm_steps *s, size_t i, lm_edits *e, lm_stepfiles *out, lm_err *err)
{
    lm_step *step = &s->step[i];
    char was[LM_SHA256_HEX], hex[LM_SHA256_HEX];
    lm_edits_release(&out->edits[i]);
    out->edits[i] = *e;
    *e = (lm_edits)LM_EDITS_INIT;
    lm_edits_sum(&out->edits[i], hex);
    if (lm_stepfiles_sum(step, was) && strcmp(was, hex))
        return lm_err_set(err, LM_ERULE, NULL, "the edits (SHA-256 %.16s) are not those that were run (%.16s)", hex, was);
    snprintf(step->args, sizeof step->args, LM_STEP_SHA256 "%s", hex);
    step->edits = &out->edits[i];
    return LM_OK;
}

static lm_status stepfiles_script(lm_steps *s, size_t i, lm_stepfiles *out, lm_err *err)
{
    lm_edits e = LM_EDITS_INIT;
    lm_in *in = NULL;
    lm_status rc = lm_io_open(s->step[i].args, &in, err);
    if (!rc && (rc = lm_edits_read(in, &e, err))) lm_err_frame(err, "cannot read the edits '%s'", lm_io_name(in));
    if (!rc) rc = lm_stepfiles_put_edits(s, i, &e, out, err);
    lm_io_close(in);
    lm_edits_release(&e);
    return rc;
}

static lm_status stepfiles_mask(lm_steps *s, size_t i, const lm_masks_opt *opt, lm_stepfiles *out, lm_err *err)
{
    char path[LM_STEP_ARGS];
    lm_masks m = LM_MASKS_INIT;
    snprintf(path, sizeof path, "%.*s", (int)strcspn(s->step[i].args, ";"), s->step[i].args);
    lm_status rc = lm_masks_read(path, opt, &m, err);
    if (!rc) rc = lm_stepfiles_put(s, i, &m, opt, out, err);
    lm_masks_release(&m);
    return rc;
}

lm_status lm_stepfiles_read(lm_steps *s, const lm_masks_opt *opt, lm_stepfiles *out, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < s->n && !rc; i++) {
        const lm_step *step = &s->step[i];
        if (step->reads == LM_STEP_MASK) rc = stepfiles_mask(s, i, opt, out, err);
        else if (step->reads == LM_STEP_EDITS) rc = stepfiles_script(s, i, out, err);
        if (rc) lm_err_frame(err, "step %zu, --%s", i + 1, step->kind->name);
    }
    return rc;
}
