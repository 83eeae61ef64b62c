/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/asking.h"
#include "cli/cli.h"
#include "dicom/info.h"
#include "dicom/source_facts.h"
#include "dicom/verify.h"
#include "stream/volfile.h"

enum { LINE = 1024 };

lm_status cli_ask_list(const lm_source *src, const cli_ask_opt *opt, lm_out **json, lm_err *err)
{
    lm_out *out = NULL;
    size_t n = lm_source_count(src);
    json_t *all = json_array();
    lm_status rc = all ? lm_io_create(opt->output, true, &out, err) : lm_err_nomem(err, 0);
    if (!rc) lm_io_printf(out, "%-7s %-9s %5s  %-14s %-26s %s\n", "number", "modality", "files", "size", "spacing", "description");
    for (size_t i = 0; i < n && !rc; i++) {
        char line[LINE];
        if (!lm_source_wanted(src, i)) continue;
        lm_source_describe(src, i, true, line, sizeof line);
        lm_io_printf(out, "%s\n", line);
        json_t *one = lm_source_json(src, i, err);
        if (!one || json_array_append_new(all, one)) rc = LM_ENOMEM;
    }
    if (!rc && lm_source_left(src)) lm_io_printf(out, "%zu files are no DICOM objects\n", lm_source_left(src));
    if (!rc && lm_source_packed(src)) lm_io_printf(out, "%zu of them are archives, which were not opened\n", lm_source_packed(src));
    if (!rc && opt->json) {
        json_t *facts = json_pack("{s:i, s:s, s:O, s:I}", "schema", 1, "tool", "dcmseg", "series", all, "left",
                                  (json_int_t)lm_source_left(src));
        rc = facts ? cli_json(opt->json, facts, json, err) : lm_err_nomem(err, 0);
        json_decref(facts);
    }
    if (!rc) rc = lm_io_commit(out, err);
    else lm_io_abort(out);
    json_decref(all);
    return rc;
}

static lm_status asking_one(const json_t *one, const char *description, size_t i, json_t *all, lm_out *out, lm_err *err)
{
    if (!one || json_array_append(all, (json_t *)one)) return err->code ? err->code : lm_err_nomem(err, 0);
    if (i) lm_io_printf(out, "\n");
    lm_info_table(one, description, out);
    return LM_OK;
}

lm_status cli_ask_info(const lm_source *src, lm_in *file, const lm_source_opt *how, const cli_ask_opt *opt, lm_out **json,
                       lm_err *err)
{
    lm_out *out = NULL;
    lm_vol vol = LM_VOL_INIT;
    json_t *all = json_array(), *one = NULL, *facts = NULL;
    lm_status rc = all ? lm_io_create(opt->output, true, &out, err) : lm_err_nomem(err, 0);
    if (!rc && !src && !(rc = lm_volfile_load(file, opt->space, &vol, &one, err)) && !(rc = lm_info_volume(&vol, one, err)))
        rc = asking_one(one, "", 0, all, out, err);
    json_decref(one);
    for (size_t i = 0; src && i < lm_source_count(src) && !rc; i++) {
        const lm_dicom_file *head;
        if (!lm_source_wanted(src, i)) continue;
        lm_source_member(src, i, 0, &head);
        one = lm_info_series(src, i, how, err);
        cli_progress_done(opt->quiet);
        rc = asking_one(one, head->description, json_array_size(all), all, out, err);
        json_decref(one);
    }
    if (!rc && opt->json) {
        facts = json_pack("{s:i, s:s, s:O}", "schema", 1, "tool", "dcmseg", "info", all);
        rc = facts ? cli_json(opt->json, facts, json, err) : lm_err_nomem(err, 0);
    }
    if (!rc) rc = lm_io_commit(out, err);
    else lm_io_abort(out);
    lm_vol_release(&vol);
    json_decref(facts);
    json_decref(all);
    return rc;
}

lm_status cli_ask_verify(const char *const *paths, size_t n, lm_source_opt *how, lm_identity *identity, const char *record_of,
                         const cli_ask_opt *opt, lm_err *err)
{
    lm_verify v = LM_VERIFY_INIT;
    lm_out *out = NULL, *json = NULL;
    json_t *record = NULL, *facts = NULL;
    lm_status rc = lm_verify_record(record_of, &record, &identity->show, err);
    if (!rc) rc = lm_verify_run(record, paths, n, how, &v, err);
    cli_progress_done(opt->quiet);
    if (!rc) rc = lm_io_create(opt->output, true, &out, err);
    if (!rc) lm_verify_table(&v, out);
    if (!rc && !(facts = json_pack("{s:i, s:s, s:o}", "schema", 1, "tool", "dcmseg", "verify", lm_verify_json(&v))))
        rc = lm_err_nomem(err, 0);
    if (!rc && opt->json) rc = cli_json(opt->json, facts, &json, err);
    if (!rc) rc = lm_io_commit(out, err);
    else lm_io_abort(out);
    if (!rc && json) rc = lm_io_commit(json, err);
    else lm_io_abort(json);
    if (!rc && lm_verify_changed(&v))
        rc = lm_err_set(err, LM_ENO, NULL, "the source is not what was read: %zu images or files differ", lm_verify_changed(&v));
    json_decref(facts);
    json_decref(record);
    lm_verify_release(&v);
    return rc;
}
