/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/verify_files.h"
#include "dicom/source_facts.h"
#include "base/mem.h"
#include "dicom/segmask.h"
#include "stream/volfile.h"

#include <stdlib.h>
#include <string.h>

static const char *const verify_part[LM_VERIFY_FILES] = {"source", "mask"}, *const verify_what[] = {"volume", "mask"};

static const char *verify_text(const json_t *facts, const char *key)
{
    const char *text = json_string_value(json_object_get(facts, key));
    return text ? text : "";
}

bool lm_verify_is_volume(const json_t *facts)
{
    const char *kind = verify_text(facts, "kind");
    return !strcmp(kind, lm_volfile_name(LM_VOLFILE_NRRD)) || !strcmp(kind, lm_volfile_name(LM_VOLFILE_NIFTI));
}

bool lm_verify_is_mask(const json_t *facts)
{
    const char *kind = verify_text(facts, "kind");
    return !strcmp(kind, "dicom-seg") || !strcmp(kind, "dicom-rtstruct");
}

/* ---- files of other programs ---- */

typedef struct {
    const char *path;
    size_t at;
    char sha[LM_SHA256_HEX];
    bool taken;
} verify_given;

static lm_status verify_sums(const char *const *path, const size_t *at, size_t n, int threads, verify_given *out, lm_err *err)
{
    size_t bad = 0;
    lm_gdcm_file *from = lm_mem_calloc(n + 1, sizeof *from, err);
    unsigned char(*sha)[32] = lm_mem_calloc(n + 1, sizeof *sha, err);
    lm_status rc = from && sha ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) from[i].path = path[i];
    if (!rc && n) rc = lm_digest_files(from, n, threads, sha, &bad, err);
    if (rc == LM_EIO) lm_err_frame(err, "'%s'", path[bad]);
    for (size_t i = 0; i < n && !rc; i++) {
        out[i] = (verify_given){.path = path[i], .at = at[i]};
        lm_hash_hex(sha[i], sizeof sha[i], out[i].sha);
    }
    free(sha);
    free(from);
    return rc;
}

/* Has the file the samples that the record names? What cannot be read has not. */
static lm_status verify_samples(const char *path, const char *was, bool *same, lm_err *err)
{
    lm_vol vol = LM_VOL_INIT;
    json_t *facts = NULL;
    lm_in *in = NULL;
    lm_status rc = lm_io_open(path, &in, err);
    if (rc) return rc;
    rc = lm_volfile_load(in, "LPS", &vol, &facts, NULL); /* axes do not change samples */
    *same = !rc && !strcmp(verify_text(facts, "sha256_pixels"), was);
    json_decref(facts);
    lm_vol_release(&vol);
    lm_io_close(in);
    return rc == LM_ENOMEM ? lm_err_nomem(err, 0) : LM_OK;
}

/* Among the files that are no other part of the record. */
static lm_status verify_changed_file(const json_t *facts, verify_given *g, size_t n, lm_verify_file *out, lm_err *err)
{
    const char *was = verify_text(facts, "sha256_pixels");
    size_t left = 0, last = 0;
    out->state = LM_VERIFY_FILE_MISSING;
    for (size_t i = 0; i < n; i++) {
        bool same = false;
        if (g[i].taken) continue;
        left++;
        last = i;
        lm_status rc = *was ? verify_samples(g[i].path, was, &same, err) : LM_OK;
        if (rc) return rc;
        if (!same) continue;
        *out = (lm_verify_file){out->what, LM_VERIFY_FILE_HEADER, g[i].at};
        g[i].taken = true;
        return LM_OK;
    }
    if (left != 1) return LM_OK;
    *out = (lm_verify_file){out->what, *was ? LM_VERIFY_FILE_SAMPLES : LM_VERIFY_FILE_CHANGED, g[last].at};
    g[last].taken = true;
    return LM_OK;
}

lm_status lm_verify_volumes(const json_t *record, const char *const *path, const size_t *at, size_t n, int threads,
                            lm_verify_file out[LM_VERIFY_FILES], size_t *n_out, lm_err *err)
{
    const json_t *part[LM_VERIFY_FILES];
    lm_verify_file *of[LM_VERIFY_FILES] = {NULL, NULL};
    verify_given *g = lm_mem_calloc(n + 1, sizeof *g, err);
    lm_status rc = g ? verify_sums(path, at, n, threads, g, err) : LM_ENOMEM;
    for (size_t p = 0; p < LM_VERIFY_FILES && !rc; p++) { /* first those that are as they were */
        part[p] = json_object_get(record, verify_part[p]);
        if (!lm_verify_is_volume(part[p])) continue;
        of[p] = &out[(*n_out)++];
        *of[p] = (lm_verify_file){.what = verify_what[p], .state = LM_VERIFY_FILE_MISSING};
        for (size_t i = 0; i < n && of[p]->state; i++) {
            if (g[i].taken || strcmp(g[i].sha, verify_text(part[p], "sha256_file"))) continue;
            *of[p] = (lm_verify_file){verify_what[p], LM_VERIFY_FILE_SAME, g[i].at};
            g[i].taken = true;
        }
    }
    for (size_t p = 0; p < LM_VERIFY_FILES && !rc; p++)
        if (of[p] && of[p]->state) rc = verify_changed_file(part[p], g, n, of[p], err);
    free(g);
    return rc;
}

/* ---- DICOM ---- */

lm_status lm_verify_mask(const lm_source *s, const json_t *facts, const lm_source_opt *opt, lm_verify_file *out, lm_err *err)
{
    const lm_segmask_opt so = {.threads = opt ? opt->threads : 0, .identity = opt ? opt->identity : NULL};
    const char *was = verify_text(facts, "sha256_contours");
    if (!*was) was = verify_text(facts, "sha256_pixels");
    *out = (lm_verify_file){.what = verify_what[1], .state = LM_VERIFY_FILE_MISSING};
    for (size_t i = 0; s && i < lm_source_count(s) && out->state; i++) {
        char uid[LM_IDENTITY_TEXT], files[LM_SHA256_HEX], content[LM_SHA256_HEX];
        lm_source_uid(s, i, true, uid);
        if (!lm_segmask_is(s, i) || strcmp(uid, verify_text(facts, "series"))) continue;
        lm_status rc = lm_segmask_files(s, i, &so, files, err);
        if (rc) return rc;
        if (!strcmp(files, verify_text(facts, "sha256_files"))) {
            out->state = LM_VERIFY_FILE_SAME;
            return LM_OK;
        }
        rc = lm_segmask_content(s, i, &so, content, NULL);
        if (rc == LM_ENOMEM) return lm_err_nomem(err, 0);
        if (!rc && !strcmp(content, was)) out->state = LM_VERIFY_FILE_HEADER; /* a twin may be as it was */
        else if (out->state == LM_VERIFY_FILE_MISSING) out->state = rc ? LM_VERIFY_FILE_CHANGED : LM_VERIFY_FILE_SAMPLES;
    }
    return LM_OK;
}
