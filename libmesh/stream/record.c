/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/record.h"
#include "base/mem.h"
#include "base/version.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_HEX = 9 };

/* jansson goes on when memory runs out: its reader loses characters, and asserts that it has not; its copies lose keys. So its
 * allocations are watched: one that fails leaves the reader at once, and from then on no record is read, added or written. */
static atomic_bool record_starved;
static _Thread_local jmp_buf *record_leave; /* while it reads */

static void *record_malloc(size_t n)
{
    void *p = malloc(n);
    if (p) return p;
    atomic_store(&record_starved, true);
    if (record_leave) longjmp(*record_leave, 1);
    return NULL;
}

__attribute__((constructor)) static void record_watch(void)
{
    json_set_alloc_funcs(record_malloc, free);
}

void lm_record_release(lm_records *r)
{
    for (size_t i = 0; i < r->n; i++) json_decref(r->item[i]);
    r->n = 0;
    r->belong = false;
    r->crc = 0;
    r->bytes = 0;
    r->unit_mm = 0;
    json_decref(r->findings);
    r->findings = NULL;
}

json_t *lm_record_sum(uint32_t crc, uint64_t bytes)
{
    char hex[RECORD_HEX];
    snprintf(hex, sizeof hex, "%08" PRIx32, crc);
    return json_pack("{s:s, s:I}", "crc32", hex, "bytes", (json_int_t)bytes);
}

json_t *lm_record_new(const lm_records *r, const char *tool, lm_err *err)
{
    json_t *rec =
        json_pack("{s:i, s:s, s:s, s:{}, s:{}}", "schema", LM_SCHEMA, "tool", tool, "version", LM_VERSION, "libraries", "options");
    bool ok = rec != NULL;
    if (ok && r && r->bytes) ok = !json_object_set_new(rec, "in", lm_record_sum(r->crc, r->bytes));
    ok = ok && !json_object_set_new(rec, "ledger", json_array()) &&
         !json_object_set_new(rec, "findings", r && r->findings ? json_deep_copy(r->findings) : json_array());
    if (ok) return rec;
    json_decref(rec);
    lm_err_nomem(err, sizeof(json_t));
    return NULL;
}

lm_status lm_record_append(lm_records *r, json_t *rec, lm_err *err)
{
    if (r->n == LM_RECORDS_MAX) {
        json_decref(rec);
        return lm_err_set(err, LM_ERANGE, NULL, "the stream has %d records already, more are not kept", (int)LM_RECORDS_MAX);
    }
    if (atomic_load(&record_starved)) {
        json_decref(rec);
        return lm_err_nomem(err, 0);
    }
    r->item[r->n++] = rec;
    return LM_OK;
}

json_t *lm_record_last(const lm_records *r, const char *tool)
{
    for (size_t i = r->n; i-- > 0;) {
        const char *t = json_string_value(json_object_get(r->item[i], "tool"));
        if (t && !strcmp(t, tool)) return r->item[i];
    }
    return NULL;
}

const char *lm_record_case(const lm_records *r)
{
    for (size_t i = r->n; i-- > 0;) {
        const char *id = json_string_value(json_object_get(json_object_get(r->item[i], "options"), "case"));
        if (id) return id;
    }
    return NULL;
}

lm_status lm_record_ledger(json_t *rec, const char *kind, const char *from, double before, const char *to, double after,
                           double moved_mm, lm_err *err)
{
    if (!isfinite(before) || !isfinite(after) || !isfinite(moved_mm))
        return lm_err_set(err, LM_ERULE, NULL, "ledger from %s to %s: %g mm3, %g mm3, moved %g mm: not finite", from, to, before,
                          after, moved_mm);
    json_t *e = json_pack("{s:s, s:s, s:s, s:f, s:f, s:f}", "kind", kind, "from", from, "to", to, "before_mm3", before, "after_mm3",
                          after, "change_mm3", after - before);
    bool ok = e != NULL;
    /* no percentage of nothing */
    if (ok && before != 0) ok = !json_object_set_new(e, "change_percent", json_real((after - before) / before * 100));
    if (ok && moved_mm >= 0) ok = !json_object_set_new(e, "moved_mm", json_real(moved_mm));
    if (ok && !json_array_append(json_object_get(rec, "ledger"), e)) {
        json_decref(e);
        return LM_OK;
    }
    json_decref(e);
    return lm_err_nomem(err, sizeof(json_t));
}

lm_status lm_record_finding(json_t *rec, const char *level, const char *rule, const char *text, lm_err *err)
{
    json_t *e = json_pack("{s:s, s:s, s:s}", "level", level, "rule", rule ? rule : "", "text", text);
    if (e && !json_array_append_new(json_object_get(rec, "findings"), e)) return LM_OK;
    return lm_err_nomem(err, sizeof(json_t));
}

lm_status lm_record_note(lm_records *r, const char *level, const char *rule, const char *text, lm_err *err)
{
    json_t *e = json_pack("{s:s, s:s, s:s}", "level", level, "rule", rule ? rule : "", "text", text);
    if (e && (r->findings || (r->findings = json_array())) && !json_array_append(r->findings, e)) {
        json_decref(e);
        return LM_OK;
    }
    json_decref(e);
    return lm_err_nomem(err, sizeof(json_t));
}

/* The first failure sticks. */
typedef struct {
    char *p;
    size_t used, cap;
    bool failed;
} record_text;

static int record_put(const char *s, size_t n, void *ctx)
{
    record_text *t = ctx;
    t->failed |= t->failed || lm_mem_grow(&t->p, &t->cap, t->used + n + 1, 1, NULL);
    if (t->failed) return -1;
    memcpy(t->p + t->used, s, n);
    t->used += n;
    return 0;
}

char *lm_record_dump(const json_t *o, size_t flags, lm_err *err)
{
    record_text t = {.p = NULL};
    bool bad = json_dump_callback(o, record_put, &t, flags) || t.failed || !t.used || atomic_load(&record_starved);
    if (!bad) {
        t.p[t.used] = 0;
        return t.p;
    }
    free(t.p);
    lm_err_nomem(err, t.used);
    return NULL;
}

char *lm_record_text(const json_t *rec, lm_err *err)
{
    char *s = lm_record_dump(rec, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(17), err);
    if (!s) return NULL;
    size_t n = strlen(s);
    if (n <= LM_RECORD_BYTES) return s;
    lm_err_set(err, LM_ERANGE, NULL, "a record of %zu bytes: the limit is %d", n, (int)LM_RECORD_BYTES);
    free(s);
    return NULL;
}

/* What it had so far is lost with a failed allocation: little, and the tool ends. */
static json_t *record_load(const char *text, size_t n, json_error_t *je)
{
    jmp_buf here;
    if (setjmp(here)) {
        record_leave = NULL;
        return NULL;
    }
    record_leave = &here;
    json_t *rec = json_loadb(text, n, JSON_REJECT_DUPLICATES, je);
    record_leave = NULL;
    return rec;
}

lm_status lm_record_parse(const char *text, size_t n, json_t **ret, lm_err *err)
{
    if (n > LM_RECORD_BYTES)
        return lm_err_set(err, LM_ERANGE, NULL, "record of %zu bytes: the limit is %d", n, (int)LM_RECORD_BYTES);
    json_error_t je;
    json_t *rec = record_load(text, n, &je);
    if (atomic_load(&record_starved)) {
        json_decref(rec);
        return lm_err_nomem(err, n);
    }
    if (!rec) {
        return lm_err_set(err, LM_EFORMAT, NULL, "record is no JSON, at byte %d: %s", je.position, je.text);
    }
    const json_t *schema = json_object_get(rec, "schema"), *tool = json_object_get(rec, "tool");
    json_int_t v = json_integer_value(schema);
    lm_status rc = LM_OK;
    if (!json_is_integer(schema) || v < 1) rc = lm_err_set(err, LM_EFORMAT, NULL, "record without a 'schema' number");
    else if (v > LM_SCHEMA) rc = lm_record_schema(v, err);
    else if (!json_is_string(tool)) rc = lm_err_set(err, LM_EFORMAT, NULL, "record without a 'tool'");
    if (rc) json_decref(rec);
    else *ret = rec;
    return rc;
}

lm_status lm_record_schema(long long v, lm_err *err)
{
    if (v >= 1 && v <= LM_SCHEMA) return LM_OK;
    return lm_err_set(err, LM_EFORMAT, NULL, "records of schema %lld, this program knows up to %d: use a newer meshqa", v,
                      LM_SCHEMA);
}

bool lm_record_crc_parse(const char *s, uint32_t *crc)
{
    uint32_t v = 0;
    if (strlen(s) != RECORD_HEX - 1 || strspn(s, "0123456789abcdefABCDEF") != RECORD_HEX - 1) return false;
    for (; *s; s++) v = v << 4 | (uint32_t)(*s <= '9' ? *s - '0' : (*s | 32) - 'a' + 10);
    *crc = v;
    return true;
}

lm_status lm_record_payload_check(const lm_record_payload *said, const char *what, uint32_t crc, uint64_t bytes, lm_err *err)
{
    if (said->has_bytes && bytes != said->bytes)
        return lm_err_set(err, LM_EFORMAT, NULL, "%s payload: %" PRIu64 " bytes, its header says %" PRIu64 ": input cut or altered",
                          what, bytes, said->bytes);
    if (said->has_crc && crc != said->crc)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "%s payload: CRC-32 %08" PRIx32 ", its header says %08" PRIx32 ": altered on the way (after a deliberate "
                          "edit remove the meshqa_ lines of the header)",
                          what, crc, said->crc);
    return LM_OK;
}

lm_status lm_record_seal(lm_records *r, uint32_t crc, uint64_t bytes, lm_err *err)
{
    if (!r->n || !json_object_set_new(r->item[r->n - 1], "out", lm_record_sum(crc, bytes))) return LM_OK;
    return lm_err_nomem(err, sizeof(json_t));
}

void lm_record_check(lm_records *r, uint32_t crc, uint64_t bytes)
{
    r->crc = crc;
    r->bytes = bytes;
    r->belong = false;
    if (!r->n) return;
    const json_t *out = json_object_get(r->item[r->n - 1], "out"), *b = json_object_get(out, "bytes");
    const char *hex = json_string_value(json_object_get(out, "crc32"));
    uint32_t said;
    r->belong =
        hex && lm_record_crc_parse(hex, &said) && said == crc && json_is_integer(b) && json_integer_value(b) == (json_int_t)bytes;
}
