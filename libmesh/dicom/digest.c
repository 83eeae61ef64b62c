/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/digest.h"
#include "base/child.h"
#include "base/mem.h"
#include "base/num.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DIGEST_BLOCK = 1 << 18, DIGEST_TEXT = 64 };

typedef struct {
    const lm_gdcm_file *file;
    unsigned char (*sha)[32]; /* shared */
} digest_job;

static int digest_one(void *ctx, size_t i)
{
    static unsigned char block[DIGEST_BLOCK];
    const digest_job *j = ctx;
    lm_hash_sha256 sha;
    ssize_t k = 0;
    lm_hash_sha256_init(&sha);
    if (j->file[i].p) lm_hash_sha256_update(&sha, j->file[i].p, j->file[i].n);
    else {
        int fd = open(j->file[i].path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) return 1;
        while ((k = read(fd, block, sizeof block)) > 0) lm_hash_sha256_update(&sha, block, (size_t)k);
        close(fd);
    }
    sha256_digest(&sha, 32, j->sha[i]);
    return k < 0;
}

lm_status lm_digest_files(const lm_gdcm_file *file, size_t n, int threads, unsigned char (*sha)[32], size_t *bad, lm_err *err)
{
    size_t bytes;
    lm_child_end end;
    digest_job j = {.file = file, .sha = lm_child_map(n, 32, &bytes, err)};
    if (!j.sha) return LM_ENOMEM;
    lm_child_job job = {.n = n, .children = threads, .fn = digest_one, .ctx = &j, .what = "hashing"};
    lm_status rc = lm_child_run(&job, &end, err);
    if (!rc && end.why != LM_CHILD_DONE) {
        *bad = end.item;
        rc = lm_err_set(err, LM_EIO, NULL, "the file cannot be read");
    }
    if (!rc) memcpy(sha, j.sha, n * 32);
    munmap(j.sha, bytes);
    return rc;
}

typedef struct {
    size_t file, image;
} digest_place;

static int digest_cmp_place(const void *a, const void *b)
{
    const digest_place *p = a, *q = b;
    return p->file != q->file ? (p->file > q->file) - (p->file < q->file) : (p->image > q->image) - (p->image < q->image);
}

lm_status lm_digest_images(const lm_gdcm_file *from, const size_t *file, size_t n, int threads, lm_digest *d, size_t *bad,
                           lm_err *err)
{
    size_t files = 0, at = 0;
    digest_place *place = lm_mem_alloc(n, sizeof *place, err);
    lm_gdcm_file *once = lm_mem_alloc(n, sizeof *once, err);
    unsigned char(*sha)[32] = lm_mem_alloc(n, 32, err);
    lm_status rc = place && once && sha ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) place[i] = (digest_place){file[i], i};
    if (!rc) qsort(place, n, sizeof *place, digest_cmp_place);
    for (size_t i = 0; i < n && !rc; i++)
        if (!i || place[i].file != place[i - 1].file) once[files++] = from[place[i].image];
    if (!rc && (rc = lm_digest_files(once, files, threads, sha, &at, err)) == LM_EIO)
        for (size_t i = 0, k = 0; i < n; i++) {
            k += i && place[i].file != place[i - 1].file;
            if (k == at) *bad = place[i].image;
        }
    for (size_t i = 0, k = 0; i < n && !rc; i++) {
        k += i && place[i].file != place[i - 1].file;
        memcpy(d[place[i].image].file, sha[k], 32);
    }
    free(place);
    free(once);
    free(sha);
    return rc;
}

static int digest_cmp(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

lm_status lm_digest_total(const lm_digest *d, size_t n, char hex[LM_SHA256_HEX], lm_err *err)
{
    lm_hash_sha256 sha;
    unsigned char(*all)[32] = lm_mem_alloc(n, 32, err);
    if (!all) return LM_ENOMEM;
    for (size_t i = 0; i < n; i++) memcpy(all[i], d[i].file, 32);
    qsort(all, n, 32, digest_cmp);
    lm_hash_sha256_init(&sha);
    for (size_t i = 0; i < n; i++)
        if (!i || memcmp(all[i], all[i - 1], 32)) lm_hash_sha256_update(&sha, all[i], 32);
    lm_hash_sha256_hex(&sha, hex);
    free(all);
    return LM_OK;
}

json_t *lm_digest_json(const lm_digest *d, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) {
        char text[DIGEST_TEXT];
        int at = snprintf(text, sizeof text, "%s", i && d[i].slice == d[i - 1].slice ? "=" : "");
        at += d[i].has_instance ? snprintf(text + at, sizeof text - (size_t)at, "%ld ", d[i].instance)
                                : snprintf(text + at, sizeof text - (size_t)at, "- ");
        for (int k = 0; k < LM_DIGEST_PIXELS; k++) at += snprintf(text + at, sizeof text - (size_t)at, "%02x", d[i].pixels[k]);
        text[at++] = ' ';
        for (int k = 0; k < LM_DIGEST_FILE; k++) at += snprintf(text + at, sizeof text - (size_t)at, "%02x", d[i].file[k]);
        if (json_array_append_new(list, json_string(text))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* n bytes from 2n lower-case hex digits. */
static bool digest_hex(const char *p, int n, unsigned char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < n; i++, p += 2) {
        const char *a = p[0] ? strchr(digits, p[0]) : NULL, *b = a && p[1] ? strchr(digits, p[1]) : NULL;
        if (!b) return false;
        out[i] = (unsigned char)((a - digits) << 4 | (b - digits));
    }
    return true;
}

static bool digest_item(const char *text, lm_digest *d)
{
    double number;
    const char *p = text, *end = strchr(text, ' ');
    if (!end || strlen(end) != 2 + 2 * (LM_DIGEST_PIXELS + LM_DIGEST_FILE)) return false;
    if (end != p + 1 || *p != '-') {
        if (lm_num_parse(p, end, &number) != end || number != (double)(long)number) return false;
        d->has_instance = true;
        d->instance = (long)number;
    }
    return digest_hex(end + 1, LM_DIGEST_PIXELS, d->pixels) && end[1 + 2 * LM_DIGEST_PIXELS] == ' ' &&
           digest_hex(end + 2 + 2 * LM_DIGEST_PIXELS, LM_DIGEST_FILE, d->file);
}

lm_status lm_digest_parse(const json_t *list, lm_digest **d, size_t *n, lm_err *err)
{
    *n = json_array_size(list);
    if (!*n || *n > LM_DIGEST_MOST) return lm_err_set(err, LM_EFORMAT, NULL, "the record has no digests of the single images");
    lm_digest *out = lm_mem_calloc(*n, sizeof *out, err);
    if (!out) return LM_ENOMEM;
    for (size_t i = 0, slice = 0; i < *n; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        bool twin = text && *text == '=' && i;
        if (!text || !digest_item(text + twin, &out[i])) {
            free(out);
            return lm_err_set(err, LM_EFORMAT, NULL, "digest %zu of the record is none", i + 1);
        }
        if (i && !twin) slice++;
        out[i].slice = slice;
    }
    *d = out;
    return LM_OK;
}
