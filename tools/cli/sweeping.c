/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sweeping.h"
#include "cli/cli.h"
#include "reports/sweep_page.h"
#include "stream/sweep_json.h"

lm_status cli_sweep_check(const lm_steps *s, lm_err *err)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->step[i].kind->grey)
            return lm_err_set(err, LM_EUSAGE, NULL,
                              "--sweep asks what thresholds would give: leave out --%s; filters may stand with it",
                              s->step[i].kind->name);
    return LM_OK;
}

static lm_status sweep_filter(lm_vol *v, const cli_sweep_opt *opt, lm_err *err)
{
    lm_step_facts facts[LM_STEPS_MAX];
    lm_step_work w = {.vol = v, .channels = opt->channels, .threads = opt->threads};
    lm_status rc = lm_steps_run(opt->steps, &w, opt->progress, NULL, facts, err);
    lm_bits_release(&w.bits);
    return rc;
}

static json_t *sweep_facts(const lm_sweep *s, const cli_sweep_opt *opt, lm_err *err)
{
    json_t *sweep = lm_sweep_json(s, opt->unit, err), *steps = json_array();
    bool bad = !sweep || !steps;
    for (size_t i = 0; i < opt->steps->n && !bad; i++)
        bad = json_array_append_new(steps, json_pack("[s, s]", opt->steps->step[i].kind->name, opt->steps->step[i].args)) != 0;
    json_t *facts = bad ? NULL : json_pack("{s:i, s:s, s:O, s:O}", "schema", 1, "tool", "dcmseg", "sweep", sweep, "steps", steps);
    if (facts && opt->case_id) bad = json_object_set_new(facts, "case", json_string(opt->case_id)) != 0;
    if (facts && opt->source) bad = json_object_set(facts, "source", (json_t *)opt->source) != 0 || bad;
    json_decref(sweep);
    json_decref(steps);
    if (!bad && facts) return facts;
    json_decref(facts);
    if (!err->code) (void)lm_err_nomem(err, sizeof(json_t));
    return NULL;
}

lm_status cli_sweep(lm_vol *v, const cli_sweep_opt *opt, lm_err *err)
{
    lm_sweep s = LM_SWEEP_INIT;
    lm_out *table = NULL, *json = NULL, *page = NULL;
    json_t *facts = NULL;
    lm_status rc = sweep_filter(v, opt, err);
    if (!rc && opt->progress) opt->progress(NULL, "sweep", 0, 1);
    if (!rc) rc = lm_sweep_run(v, &opt->range, opt->roi, opt->threads, &s, err);
    if (!rc && !(facts = sweep_facts(&s, opt, err))) rc = err->code;
    if (!rc) rc = lm_io_create(opt->output, true, &table, err);
    if (!rc) lm_sweep_table(&s, opt->unit, table);
    if (!rc && opt->report && !(rc = lm_io_create(opt->report, true, &page, err))) lm_sweep_page(page, facts);
    if (!rc && opt->json) rc = cli_json(opt->json, facts, &json, err);
    lm_out **all[] = {&page, &json, &table};
    for (size_t i = 0; i < 3; i++) {
        if (!rc && *all[i]) rc = lm_io_commit(*all[i], err);
        else lm_io_abort(*all[i]);
    }
    json_decref(facts);
    lm_sweep_release(&s);
    return rc;
}
