/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 out, 2 in */
#include "format/package.h"
#include "base/hash.h"
#include "base/mem.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zip.h>

/* ---- 1 out ---- */

/* A part, deflated already: libzip only copies it. */
typedef struct {
    const lm_deflated *part;
    size_t at;
} package_copy;

static zip_int64_t package_source(void *ctx, void *data, zip_uint64_t len, zip_source_cmd_t cmd)
{
    package_copy *c = ctx;
    switch (cmd) {
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
                                              ZIP_SOURCE_FREE, -1);
    case ZIP_SOURCE_OPEN: c->at = 0; return 0;
    case ZIP_SOURCE_READ:
        if (len > c->part->n - c->at) len = c->part->n - c->at;
        memcpy(data, c->part->p + c->at, (size_t)len);
        c->at += (size_t)len;
        return (zip_int64_t)len;
    case ZIP_SOURCE_STAT: {
        struct zip_stat st;
        zip_stat_init(&st);
        st.size = c->part->size;
        st.comp_size = c->part->n;
        st.crc = c->part->crc;
        st.comp_method = ZIP_CM_DEFLATE;
        st.valid = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD;
        memcpy(data, &st, sizeof st);
        return sizeof st;
    }
    case ZIP_SOURCE_ERROR: memset(data, 0, 2 * sizeof(int)); return 2 * sizeof(int);
    default: return 0;
    }
}

static lm_status package_fail(zip_error_t *e, lm_err *err)
{
    lm_status rc = lm_err_set(err, LM_ENOMEM, NULL, "cannot build the package: %s", zip_error_strerror(e));
    zip_error_fini(e);
    return rc;
}

/* 1 January 1980, noon, in DOS form: zip_file_set_mtime would depend on the time zone. */
enum { PACKAGE_DATE = 1 << 5 | 1, PACKAGE_TIME = 12 << 11 };

static bool package_add(zip_t *z, const char *name, package_copy *s)
{
    zip_source_t *src = zip_source_function(z, package_source, s);
    if (!src) return false;
    zip_int64_t i = zip_file_add(z, name, src, ZIP_FL_ENC_UTF_8);
    if (i < 0) {
        zip_source_free(src);
        return false;
    }
    return zip_file_set_dostime(z, (zip_uint64_t)i, PACKAGE_TIME, PACKAGE_DATE, 0) == 0;
}

/* The finished archive goes from libzip's memory to the output. */
static bool package_drain(zip_source_t *archive, lm_out *out)
{
    enum { CHUNK = 1 << 16 };
    char buf[CHUNK];
    zip_int64_t n;
    if (zip_source_open(archive)) return false;
    while ((n = zip_source_read(archive, buf, CHUNK)) > 0) lm_io_write(out, buf, (size_t)n);
    zip_source_close(archive);
    return n == 0;
}

lm_status lm_package_write(lm_out *out, const char *const *name, const lm_deflated *part, size_t n, lm_err *err)
{
    zip_source_t *archive = NULL;
    zip_t *z = NULL;
    zip_error_t e;
    lm_status rc = LM_OK;
    package_copy *copy = lm_mem_calloc(n, sizeof *copy, err);
    if (!copy) return LM_ENOMEM;
    zip_error_init(&e);
    if (!(archive = zip_source_buffer_create(NULL, 0, 0, &e)) ||
        !(z = zip_open_from_source(archive, ZIP_CREATE | ZIP_TRUNCATE, &e))) {
        rc = package_fail(&e, err);
        goto done;
    }
    zip_source_keep(archive); /* z gives back its own reference when closed */
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        copy[i].part = &part[i];
        ok = package_add(z, name[i], &copy[i]);
    }
    if (!ok || zip_close(z) != 0) {
        rc = lm_err_set(err, LM_ENOMEM, NULL, "cannot build the package: %s", zip_error_strerror(zip_get_error(z)));
        zip_discard(z);
    } else if (!package_drain(archive, out)) rc = lm_err_set(err, LM_ENOMEM, NULL, "cannot read back the package");
done:
    zip_source_free(archive);
    free(copy);
    return rc;
}

/* ---- 2 in ---- */

struct lm_package {
    char *bytes;
    zip_t *zip;
    size_t n;          /* bytes of the file */
    uint64_t unpacked; /* so far */
};

lm_status lm_package_open(lm_in *in, lm_package **ret, lm_err *err)
{
    zip_error_t e;
    lm_package *p = lm_mem_calloc(1, sizeof *p, err);
    if (!p) return LM_ENOMEM;
    lm_status rc = lm_io_slurp(in, LM_PACKAGE_FILE, &p->bytes, &p->n, err);
    if (rc) goto fail;
    zip_error_init(&e);
    zip_source_t *s = zip_source_buffer_create(p->bytes, p->n, 0, &e);
    if (s && (p->zip = zip_open_from_source(s, ZIP_RDONLY | ZIP_CHECKCONS, &e))) {
        zip_int64_t k = zip_get_num_entries(p->zip, 0);
        zip_error_fini(&e);
        if (k <= LM_PACKAGE_ENTRIES) {
            *ret = p;
            return LM_OK;
        }
        rc = lm_err_set(err, LM_ERANGE, NULL, "the ZIP package has %lld entries: the limit is %d", (long long)k,
                        (int)LM_PACKAGE_ENTRIES);
        goto fail;
    }
    rc = lm_err_set(err, LM_EFORMAT, NULL, "the ZIP package is cut off or damaged: %s", zip_error_strerror(&e));
    zip_error_fini(&e);
    zip_source_free(s);
fail:
    lm_package_close(p);
    return rc;
}

void lm_package_close(lm_package *p)
{
    if (!p) return;
    if (p->zip) zip_discard(p->zip);
    free(p->bytes);
    free(p);
}

/* Part names are equal when their ASCII letters are but for case (OPC). Two of one name: nobody knows which is meant. */
static lm_status package_find(const lm_package *p, const char *name, zip_int64_t *at, lm_err *err)
{
    zip_int64_t n = zip_get_num_entries(p->zip, 0);
    *at = -1;
    for (zip_int64_t i = 0; i < n; i++) {
        const char *is = zip_get_name(p->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        if (!is || strcasecmp(is + (*is == '/'), name)) continue;
        if (*at >= 0) return lm_err_set(err, LM_ERULE, "3MF-01", "the package has two parts '%.80s'", name);
        *at = i;
    }
    return LM_OK;
}

lm_status lm_package_has(const lm_package *p, const char *name, bool *yes, lm_err *err)
{
    zip_int64_t at;
    lm_status rc = package_find(p, name, &at, err);
    *yes = at >= 0;
    return rc;
}

/* The packed bytes of an entry. */
static lm_status package_packed(const lm_package *p, zip_uint64_t at, const struct zip_stat *st, unsigned char **ret, lm_err *err)
{
    zip_file_t *f = zip_fopen_index(p->zip, at, st->comp_method == ZIP_CM_STORE ? 0 : ZIP_FL_COMPRESSED);
    if (!f) return lm_err_set(err, LM_EFORMAT, NULL, "cannot read it: %s", zip_strerror(p->zip));
    unsigned char *buf = lm_mem_alloc((size_t)st->comp_size + 1, 1, err);
    zip_int64_t got = 0;
    size_t n = 0;
    while (buf && n < st->comp_size && (got = zip_fread(f, buf + n, st->comp_size - n)) > 0) n += (size_t)got;
    zip_fclose(f);
    if (buf && n == st->comp_size) {
        *ret = buf;
        return LM_OK;
    }
    free(buf);
    return buf ? lm_err_set(err, LM_EFORMAT, NULL, "%zu of %llu packed bytes: damaged", n, (unsigned long long)st->comp_size)
               : LM_ENOMEM;
}

static lm_status package_unpack(unsigned char *packed, const struct zip_stat *st, char **ret, lm_err *err)
{
    size_t n = (size_t)st->size, got = 0;
    if (st->comp_method == ZIP_CM_STORE) {
        *ret = (char *)packed;
        return LM_OK;
    }
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    char *text = d ? lm_mem_alloc(n + 1, 1, err) : NULL;
    enum libdeflate_result is =
        text ? libdeflate_deflate_decompress(d, packed, (size_t)st->comp_size, text, n, &got) : LIBDEFLATE_BAD_DATA;
    libdeflate_free_decompressor(d);
    free(packed);
    if (!d) return lm_err_nomem(err, 1 << 16);
    if (!text) return LM_ENOMEM;
    if (is != LIBDEFLATE_SUCCESS || got != n) {
        free(text);
        return lm_err_set(err, LM_EFORMAT, NULL, "its packed data are damaged, or do not hold the %zu bytes the package says", n);
    }
    *ret = text;
    return LM_OK;
}

/* Its sizes are checked before memory is taken. */
static lm_status package_part(lm_package *p, zip_uint64_t at, char **ret, size_t *n, lm_err *err)
{
    const zip_uint64_t need = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD;
    struct zip_stat st;
    unsigned char *packed = NULL;
    if (zip_stat_index(p->zip, at, 0, &st) || (st.valid & need) != need)
        return lm_err_set(err, LM_EFORMAT, NULL, "its size is not known");
    if (st.comp_size > p->n)
        return lm_err_set(err, LM_EFORMAT, NULL, "%llu packed bytes, and the file has %zu", (unsigned long long)st.comp_size, p->n);
    if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
        return lm_err_set(err, LM_EFORMAT, NULL, "it is encrypted");
    if (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE)
        return lm_err_set(err, LM_ERULE, "3MF-01", "ZIP method %d: only stored and deflated parts are allowed", st.comp_method);
    if (st.size > LM_PACKAGE_UNPACKED - p->unpacked || (st.size > LM_PACKAGE_FREE && st.size / LM_PACKAGE_RATIO > st.comp_size))
        return lm_err_set(err, LM_ERANGE, NULL,
                          "%llu packed bytes would unpack to %llu: taken for a bomb (limits: %d-fold, %llu bytes in all)",
                          (unsigned long long)st.comp_size, (unsigned long long)st.size, (int)LM_PACKAGE_RATIO,
                          (unsigned long long)LM_PACKAGE_UNPACKED);
    if (st.comp_method == ZIP_CM_STORE && st.size != st.comp_size) return lm_err_set(err, LM_EFORMAT, NULL, "its two sizes differ");
    lm_status rc = package_packed(p, at, &st, &packed, err);
    if (rc || (rc = package_unpack(packed, &st, ret, err))) return rc;
    p->unpacked += st.size;
    *n = (size_t)st.size;
    (*ret)[*n] = 0;
    if (lm_hash_crc32(0, *ret, *n) == st.crc) return LM_OK;
    free(*ret);
    return lm_err_set(err, LM_EFORMAT, NULL, "its checksum is wrong: damaged");
}

lm_status lm_package_read(lm_package *p, const char *name, char **ret, size_t *n, lm_err *err)
{
    zip_int64_t at;
    *ret = NULL;
    lm_status rc = package_find(p, name, &at, err);
    if (rc) return rc;
    if (at < 0) return lm_err_set(err, LM_ERULE, "3MF-02", "the package has no part '%.80s'", name);
    if ((rc = package_part(p, (zip_uint64_t)at, ret, n, err))) {
        *ret = NULL;
        return lm_err_frame(err, "part '%.80s'", name);
    }
    return LM_OK;
}
