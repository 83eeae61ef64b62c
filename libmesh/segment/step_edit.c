/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_edit.h"
#include "segment/edits.h"

#include <assert.h>

static lm_status edit_parse(lm_step *s, const char *text, lm_err *err)
{
    return lm_step_file(s, LM_STEP_EDITS, text, err);
}

static lm_status edit_run(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    size_t idle = 0;
    assert(s->edits);
    lm_status rc = lm_edits_run(s->edits, &w->bits, w->vol, w->threads, err);
    if (rc) return rc;
    for (size_t i = 0; i < s->edits->n; i++) idle += !s->edits->item[i].changed;
    lm_step_fact(f, "edits_run", (double)s->edits->n);
    lm_step_fact(f, "edits_without_effect", (double)idle);
    return LM_OK;
}

const lm_step_kind lm_step_edit[] = {
    {"edit", 0, "SCRIPT", "run the edits in the file SCRIPT: add, erase, cut, keep, fill, one a line; see the manual", false, false,
     edit_parse, edit_run},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
