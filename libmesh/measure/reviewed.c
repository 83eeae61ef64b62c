/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/reviewed.h"

#include <stdio.h>
#include <string.h>

enum { REVIEWED_LINE = 256, REVIEWED_WORDS = 2 };

/* ---- the file ---- */

static bool reviewed_word(const char *s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    const size_t n = strlen(s);
    return n && n < LM_REVIEWED_WORD && strspn(s, plain) == n;
}

static lm_status reviewed_first(char *const word[], size_t n, lm_reviewed *out, lm_err *err)
{
    if (n != REVIEWED_WORDS || strcmp(word[0], "review") != 0 || strlen(word[1]) != LM_REVIEWED_ID ||
        strspn(word[1], "0123456789abcdef") != LM_REVIEWED_ID)
        return lm_err_set(err, LM_EUSAGE, NULL, "it begins with 'review ID', ID as the report tells it");
    memcpy(out->id, word[1], sizeof out->id);
    return LM_OK;
}

static lm_status reviewed_line(char *line, lm_reviewed *out, lm_err *err)
{
    char *word[REVIEWED_WORDS + 1], *save = NULL;
    size_t n = 0, region = 0;
    line[strcspn(line, "#")] = 0;
    for (char *w = strtok_r(line, " \t", &save); w && n <= REVIEWED_WORDS; w = strtok_r(NULL, " \t", &save)) word[n++] = w;
    if (!n) return LM_OK;
    if (!out->id[0]) return reviewed_first(word, n, out, err);
    if (n != REVIEWED_WORDS || (strcmp(word[0], "rest") && (!lm_num_size(word[0], LM_REVIEWED_MAX, &region) || !region)) ||
        !reviewed_word(word[1]))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "write: REGION INITIALS; a number or 'rest', and at most %d letters, digits, '.', '-' or '_'",
                          LM_REVIEWED_WORD - 1);
    for (size_t i = 0; i < out->n; i++)
        if (out->item[i].region == region) return lm_err_set(err, LM_EUSAGE, NULL, "region %s is there already", word[0]);
    if (out->n == LM_REVIEWED_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d regions", (int)LM_REVIEWED_MAX);
    out->item[out->n].region = region;
    snprintf(out->item[out->n++].by, LM_REVIEWED_WORD, "%s", word[1]);
    return LM_OK;
}

lm_status lm_reviewed_read(lm_in *in, lm_reviewed *out, lm_err *err)
{
    char line[REVIEWED_LINE];
    size_t len, number = 0;
    bool eof = false;
    *out = (lm_reviewed){.n = 0};
    lm_status rc = LM_OK;
    while (!rc && !(rc = lm_io_line(in, line, sizeof line, &len, &eof, err)) && !eof) {
        number++;
        if (strlen(line) != len) rc = lm_err_set(err, LM_EFORMAT, NULL, "it is no text");
        if (!rc) rc = reviewed_line(line, out, err);
    }
    if (rc) return lm_err_frame(err, "review file '%s', line %zu", lm_io_name(in), number);
    return out->id[0] ? LM_OK : lm_err_set(err, LM_EUSAGE, NULL, "review file '%s': there is nothing in it", lm_io_name(in));
}

/* ---- the verdict ---- */

/* Is what a stream says of its list what dcmseg writes? */
static bool reviewed_clear(const json_t *review)
{
    const json_t *regions = json_object_get(review, "regions"), *one, *rest = json_object_get(review, "rest");
    const char *id = json_string_value(json_object_get(review, "id"));
    size_t i;
    bool ok = id && strlen(id) == LM_REVIEWED_ID && json_is_array(regions) && json_array_size(regions) < LM_REVIEWED_MAX &&
              json_is_number(json_object_get(review, "limit")) && (!rest || json_is_object(rest));
    json_array_foreach(regions, i, one) ok = ok && json_integer_value(json_object_get(one, "region")) == (json_int_t)i + 1;
    return ok;
}

static lm_status reviewed_acknowledge(json_t *review, const lm_reviewed *given, lm_err *err)
{
    json_t *regions = json_object_get(review, "regions"), *rest = json_object_get(review, "rest"), *one;
    const char *id = json_string_value(json_object_get(review, "id"));
    size_t k;
    if (given && strcmp(id, given->id) != 0)
        return lm_err_set(err, LM_EUSAGE, NULL, "--acknowledge: the file is about review %s, and this is review %s", given->id, id);
    bool ok = true;
    json_array_foreach(regions, k, one) ok = ok && !json_object_set_new(one, "acknowledged", json_null());
    if (rest) ok = ok && !json_object_set_new(rest, "acknowledged", json_null());
    for (size_t i = 0; given && i < given->n && ok; i++) {
        const size_t region = given->item[i].region;
        json_t *to = region ? json_array_get(regions, region - 1) : rest;
        if (!to && region)
            return lm_err_set(err, LM_EUSAGE, NULL, "--acknowledge: there is no region %zu; there are %zu", region,
                              json_array_size(regions));
        if (!to) return lm_err_set(err, LM_EUSAGE, NULL, "--acknowledge: there is no rest, all regions have a number");
        ok = !json_object_set_new(to, "acknowledged", json_string(given->item[i].by));
    }
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

static size_t reviewed_open(const json_t *review)
{
    const json_t *rest = json_object_get(review, "rest"), *one;
    size_t k, open = rest && !json_is_string(json_object_get(rest, "acknowledged"));
    json_array_foreach(json_object_get(review, "regions"), k, one) open += !json_is_string(json_object_get(one, "acknowledged"));
    return open;
}

/* What nobody has looked at may be right or wrong: it is the uncertainty of the count. */
static lm_status reviewed_add(const json_t *review, size_t open, lm_verdict_list *list, lm_err *err)
{
    const size_t all = json_array_size(json_object_get(review, "regions")) + (json_object_get(review, "rest") != NULL);
    lm_measurement m = {.name = "review",
                        .unit = LM_UNIT_NONE,
                        .absolute = true,
                        .value = (double)(all - open),
                        .reference = (double)all,
                        .reference_is = "regions to be looked at",
                        .u_value = (double)open,
                        .tol_is = "each is acknowledged"};
    const double limit = json_number_value(json_object_get(review, "limit"));
    lm_verdict_measurement(&m);
    if (open)
        snprintf(m.note, sizeof m.note, "not signed off: of %zu regions with a probability below %g, not acknowledged are %zu", all,
                 limit, open);
    else snprintf(m.note, sizeof m.note, "of %zu regions with a probability below %g all are acknowledged", all, limit);
    return lm_verdict_add(list, &m, err);
}

lm_status lm_reviewed_judge(const lm_records *rec, const lm_reviewed *given, lm_verdict_list *list, json_t **facts, lm_err *err)
{
    const json_t *said = json_object_get(lm_record_last(rec, "dcmseg"), "review");
    *facts = NULL;
    if (!said || !rec->belong)
        return given ? lm_err_set(err, LM_EUSAGE, NULL, "--acknowledge: the mesh has no review; dcmseg --review makes one") : LM_OK;
    if (!reviewed_clear(said)) return lm_err_set(err, LM_ERULE, NULL, "the record of dcmseg holds a review that cannot be read");
    json_t *review = json_deep_copy(said);
    if (!review) return lm_err_nomem(err, 0);
    lm_status rc = reviewed_acknowledge(review, given, err);
    const size_t open = rc ? 0 : reviewed_open(review);
    if (!rc && json_object_set_new(review, "open", json_integer((json_int_t)open))) rc = lm_err_nomem(err, 0);
    if (!rc) rc = reviewed_add(review, open, list, err);
    if (rc) json_decref(review);
    else *facts = review;
    return rc;
}
