/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record.h: what each tool did, as one JSON object per tool, carried in the streams (man/meshqa-stream.5).
 *
 *   { "schema":1, "tool":"mcubes", "version":"0.1.0", "libraries":{...}, "options":{...resolved, never paths...},
 *     "in":{"crc32":"89abcdef","bytes":123} (absent at the source), "out":{"crc32":...,"bytes":...},
 *     "ledger":[ {"kind":"change"|"intended","from":"volume_at_level","to":"mesh","before_mm3":..,"after_mm3":..,
 *                 "change_mm3":..,"change_percent":..,"moved_mm":..} ],
 *     "findings":[ {"level":"note"|"warning","rule":"G-8","text":"..."} ], ... and what only this tool has:
 *     dcmseg: "source":{...}, "segment":{...}; mcubes: "mesh":{...}; meshfix: "audit":{...}, "repairs":[...] }
 * "out" belongs to the payload that follows and is filled in by the stream writers. */
#ifndef LM_STREAM_RECORD_H
#define LM_STREAM_RECORD_H

#include "base/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { LM_RECORDS_MAX = 1000, LM_RECORD_BYTES = 1 << 20 };

typedef struct {
    size_t n;
    json_t *item[LM_RECORDS_MAX]; /* owned references, oldest first */
    bool belong;                  /* set by readers: the last record's "out" matches the payload that was read */
    uint32_t crc;                 /* set by readers: CRC-32 and bytes of the payload that was read */
    uint64_t bytes;
    double unit_mm;   /* set by readers: length of the file's unit in mm; 0: the file says none */
    json_t *findings; /* what was found while reading (owned), or NULL: the next record begins with it */
} lm_records;
#define LM_RECORDS_INIT \
    { \
        .n = 0 \
    }

void lm_record_release(lm_records *r);
/* Say something about what is being read. */
LM_CHECKED lm_status lm_record_note(lm_records *r, const char *level, const char *rule, const char *text, lm_err *err);
/* Start a record of `tool` with schema, version, empty options and ledger, the findings of the reader, and "in" from r (when r
 * holds a payload's checksum). NULL on no memory. The caller fills it with jansson and appends it. */
LM_CHECKED json_t *lm_record_new(const lm_records *r, const char *tool, lm_err *err);
/* {"crc32","bytes"} as "in" and "out" have it; new reference, NULL on no memory. */
json_t *lm_record_sum(uint32_t crc, uint64_t bytes);
/* Append, stealing the reference. LM_ERANGE over LM_RECORDS_MAX; rec is released on error too. */
LM_CHECKED lm_status lm_record_append(lm_records *r, json_t *rec, lm_err *err);
/* Newest record of this tool, borrowed, or NULL. */
json_t *lm_record_last(const lm_records *r, const char *tool);
/* The case id that the newest record with one has in its options ("case"), borrowed, or NULL. */
const char *lm_record_case(const lm_records *r);
/* Add {"kind","from","to","before_mm3",...} to rec's ledger; change and percent are computed here. moved_mm is the
 * guaranteed bound on how far the surface moved; < 0: not stated. */
LM_CHECKED lm_status lm_record_ledger(json_t *rec, const char *kind, const char *from, double before_mm3, const char *to,
                                      double after_mm3, double moved_mm, lm_err *err);
LM_CHECKED lm_status lm_record_finding(json_t *rec, const char *level, const char *rule, const char *text, lm_err *err);
/* JSON as text by jansson's flags; free() it. Use this and not json_dumps, which overlooks a failed allocation while it writes
 * a key and gives back text that lacks it. */
LM_CHECKED char *lm_record_dump(const json_t *o, size_t flags, lm_err *err);
/* One line of compact JSON with keys in insertion order; 17 digits; free() it. */
LM_CHECKED char *lm_record_text(const json_t *rec, lm_err *err);
/* Parse one record: size limit, duplicate keys refused, schema newer than LM_SCHEMA refused with its number. */
LM_CHECKED lm_status lm_record_parse(const char *text, size_t n, json_t **ret, lm_err *err);
/* For writers: set "out" of the newest record. For readers: does the newest record's "out" say crc and bytes? */
LM_CHECKED lm_status lm_record_seal(lm_records *r, uint32_t crc, uint64_t bytes, lm_err *err);
void lm_record_check(lm_records *r, uint32_t crc, uint64_t bytes);

/* For readers: what a header says of the payload behind it, and whether that is true (else LM_EFORMAT with both numbers).
 * `what` names the format. */
typedef struct {
    bool has_bytes, has_crc;
    uint64_t bytes;
    uint32_t crc;
} lm_record_payload;
LM_CHECKED lm_status lm_record_payload_check(const lm_record_payload *said, const char *what, uint32_t crc, uint64_t bytes,
                                             lm_err *err);
bool lm_record_crc_parse(const char *hex, uint32_t *crc);        /* exactly 8 hex digits */
LM_CHECKED lm_status lm_record_schema(long long v, lm_err *err); /* LM_EFORMAT with the number when it is not known */

#endif
