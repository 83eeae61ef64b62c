/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/landmarks.h"
#include "base/mem.h"
#include "format/meshfile.h"
#include "volume/terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANDMARKS_ALL = LM_LANDMARKS_MAX + 4, LANDMARKS_NAME = 32 };

typedef struct {
    size_t n;
    lm_caliper_on on[LANDMARKS_ALL];
    lm_edge edge[LANDMARKS_ALL];
    lm_mesh mesh[LANDMARKS_ALL]; /* of those that were read */
    char name[LANDMARKS_ALL][LANDMARKS_NAME];
} landmarks_work;

lm_status lm_landmarks_check(const char *text, lm_err *err)
{
    const char *eq = strchr(text, '=');
    if (eq && eq > text && eq[1] && strcmp(eq + 1, "-")) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--stage '%.40s': write NAME=FILE", text);
}

static lm_status landmarks_file(const char *path, const lm_landmarks_opt *opt, landmarks_work *w, lm_err *err)
{
    const lm_meshfile_in in = {.parts = true, .bodies = true};
    lm_records *rec = lm_mem_calloc(1, sizeof *rec, err);
    if (!rec) return LM_ENOMEM;
    lm_status rc = lm_meshfile_load_as(path, &in, &w->mesh[w->n], rec, err);
    if (!rc) rc = lm_edge_mesh(&w->mesh[w->n], opt->threads, &w->edge[w->n], err);
    lm_record_release(rec);
    free(rec);
    w->n++;
    return rc;
}

/* "stage meshfix", "stage 2". */
static void landmarks_name(const char *text, size_t number, bool keep_names, char out[LANDMARKS_NAME])
{
    static const char *const tool[] = {"mcubes", "meshfix", "meshshell", "meshconv", "meshmeasure"};
    char name[LANDMARKS_NAME];
    snprintf(name, sizeof name, "%.*s", (int)(strchr(text, '=') - text), text);
    bool known = keep_names || lm_terms_known(name);
    for (size_t i = 0; i < sizeof tool / sizeof *tool; i++) known = known || !strcmp(name, tool[i]);
    if (known) snprintf(out, LANDMARKS_NAME, "stage %.16s", name);
    else snprintf(out, LANDMARKS_NAME, "stage %zu", number);
}

static lm_status landmarks_all(const lm_mesh *mesh, const lm_landmarks_opt *opt, landmarks_work *w, lm_err *err)
{
    lm_status rc = lm_edge_mesh(mesh, opt->threads, &w->edge[w->n++], err);
    for (int mask = opt->grey ? 0 : 1; mask < 2 && !rc && opt->field; mask++) {
        snprintf(w->name[w->n], LANDMARKS_NAME, "%s", mask ? "mask" : "volume");
        w->edge[w->n++] = lm_edge_field(opt->field, mask);
    }
    for (size_t i = 0; i < opt->stages && !rc; i++) {
        landmarks_name(opt->stage[i], i + 1, opt->keep_names, w->name[w->n]);
        rc = landmarks_file(strchr(opt->stage[i], '=') + 1, opt, w, err);
    }
    if (rc || !opt->scan_back) return rc;
    snprintf(w->name[w->n], LANDMARKS_NAME, "scan-back");
    return landmarks_file(opt->scan_back, opt, w, err);
}

lm_status lm_landmarks_judge(const lm_calipers *c, const lm_mesh *mesh, const lm_landmarks_opt *opt, lm_verdict_list *list,
                             lm_err *err)
{
    landmarks_work *w = lm_mem_calloc(1, sizeof *w, err);
    if (!w) return LM_ENOMEM;
    lm_status rc = landmarks_all(mesh, opt, w, err);
    for (size_t i = 0; i < w->n; i++) w->on[i] = (lm_caliper_on){.name = w->name[i], .edge = &w->edge[i]};
    if (!rc) rc = lm_caliper_judge(c, w->on, w->n, opt->tol, opt->keep_names, list, err);
    for (size_t i = 0; i < w->n; i++) {
        lm_edge_release(&w->edge[i]);
        lm_mesh_release(&w->mesh[i]);
    }
    free(w);
    return rc;
}
