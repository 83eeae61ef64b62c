/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 what it is, 2 members and limits, 3 zip, 4 tar, 5 unpacking in a child */
#include "dicom/archive.h"
#include "base/child.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#define ARCHIVE_BYTES ((uint64_t)16 << 30)
#define ARCHIVE_MEMORY ((size_t)1 << 30) /* of the child, beside the members */
enum { ARCHIVE_SECONDS = 24 * 3600 };    /* it may wait for a slow sender */
enum { ARCHIVE_MEMBERS = 1000000, ARCHIVE_RATIO = 200, ARCHIVE_FREE = 256 << 20, ARCHIVE_CHUNK = 1 << 16, ARCHIVE_FIRST = 1 << 20 };

/* ---- 1 what it is ---- */

/* The checksum in a tar header: the sum of its 512 bytes, its own 8 counted as blanks. */
static bool archive_tar_header(const unsigned char *b)
{
    unsigned sum = 0, said = 0;
    int i = 148;
    for (int k = 0; k < 512; k++) sum += k >= 148 && k < 156 ? ' ' : b[k];
    while (i < 156 && b[i] == ' ') i++;
    for (; i < 156 && b[i] >= '0' && b[i] <= '7'; i++) said = 8 * said + (unsigned)(b[i] - '0');
    return b[0] && sum == said;
}

static bool archive_is_zip(const unsigned char *b, size_t n)
{
    return n >= 22 && (!memcmp(b, "PK\3\4", 4) || !memcmp(b, "PK\5\6", 4));
}

static bool archive_is_gzip(const unsigned char *b, size_t n)
{
    return n >= 18 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8;
}

bool lm_archive_sniff(const unsigned char *b, size_t n)
{
    if (n >= 132 && !memcmp(b + 128, "DICM", 4)) return false;
    return archive_is_zip(b, n) || archive_is_gzip(b, n) || (n >= LM_ARCHIVE_HEAD && archive_tar_header(b));
}

/* ---- 2 members and limits ---- */

typedef struct {
    int fd; /* where members go */
    lm_archive_limits limit;
    uint64_t bytes; /* of all members so far */
    size_t entries;
} archive_job;

void lm_archive_release(lm_archive *a)
{
    for (size_t i = 0; i < a->n; i++) free(a->item[i].data);
    free(a->item);
    *a = (lm_archive)LM_ARCHIVE_INIT;
}

static lm_status archive_damaged(const archive_job *j, lm_err *err)
{
    if (!j->entries) return lm_err_set(err, LM_EFORMAT, NULL, "the archive is cut off or damaged");
    return lm_err_set(err, LM_EFORMAT, NULL, "the archive is cut off or damaged at member %zu", j->entries);
}

static lm_status archive_entry_begin(archive_job *j, lm_err *err)
{
    if (j->entries++ < j->limit.members) return LM_OK;
    return lm_err_set(err, LM_ERANGE, NULL, "the archive has more than %zu members", j->limit.members);
}

/* `more` bytes are to come out; `packed` went in for all so far. */
static lm_status archive_count(archive_job *j, uint64_t more, uint64_t packed, lm_err *err)
{
    if (more > j->limit.bytes - j->bytes)
        return lm_err_set(err, LM_ERANGE, NULL, "the archive holds more than %" PRIu64 " bytes: unpack it and name the folder",
                          j->limit.bytes);
    j->bytes += more;
    if (j->bytes > ARCHIVE_FREE && j->bytes / j->limit.ratio > packed)
        return lm_err_set(err, LM_ERANGE, NULL, "the archive unpacks to more than %u times its size: this is no series of images",
                          j->limit.ratio);
    return LM_OK;
}

/* One member as it grows: the size that the archive states is not trusted. */
typedef struct {
    unsigned char *p;
    size_t used, cap;
} archive_buf;

static lm_status archive_room(archive_buf *b, lm_err *err)
{
    return b->cap - b->used >= ARCHIVE_CHUNK ? LM_OK : lm_mem_grow(&b->p, &b->cap, b->used + ARCHIVE_CHUNK, 1, err);
}

/* A member in the file: this head, then its bytes. */
typedef struct {
    uint64_t number, size;
} archive_head;

static lm_status archive_write(int fd, const void *p, size_t n, lm_err *err)
{
    const unsigned char *s = p;
    while (n) {
        ssize_t k = write(fd, s, n);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) return lm_err_set(err, LM_ENOMEM, NULL, "no room for the members of the archive: %s", strerror(errno));
        s += k;
        n -= (size_t)k;
    }
    return LM_OK;
}

/* Write b, when rc is good, and free it. */
static lm_status archive_keep(archive_job *j, archive_buf *b, lm_status rc, lm_err *err)
{
    const archive_head h = {j->entries, b->used};
    if (!rc) rc = archive_write(j->fd, &h, sizeof h, err);
    if (!rc) rc = archive_write(j->fd, b->p, b->used, err);
    free(b->p);
    return rc;
}

/* ---- 3 zip ---- */

static lm_status archive_zip_fail(const archive_job *j, int code, lm_err *err)
{
    switch (code) {
    case ZIP_ER_MEMORY: return lm_err_nomem(err, 0);
    case ZIP_ER_NOPASSWD:
    case ZIP_ER_ENCRNOTSUPP:
        return lm_err_set(err, LM_ERULE, NULL, "member %zu of the archive is encrypted: unpack it and name the folder", j->entries);
    case ZIP_ER_COMPNOTSUPP:
        return lm_err_set(err, LM_ERULE, NULL,
                          "member %zu of the archive is packed in a way that is not supported: unpack it and name the folder",
                          j->entries);
    default: return archive_damaged(j, err);
    }
}

/* A folder or a link is no file. Unix permissions stand in the upper half of the attributes. */
static bool archive_zip_regular(zip_t *z, zip_uint64_t i, const char *name)
{
    zip_uint8_t system;
    zip_uint32_t attributes;
    size_t n = strlen(name);
    if (n && name[n - 1] == '/') return false;
    if (zip_file_get_external_attributes(z, i, 0, &system, &attributes) || system != ZIP_OPSYS_UNIX) return true;
    mode_t type = attributes >> 16 & S_IFMT;
    return type == 0 || type == S_IFREG;
}

static lm_status archive_zip_member(archive_job *j, zip_t *z, zip_uint64_t i, uint64_t *packed, lm_err *err)
{
    zip_stat_t st;
    archive_buf b = {.p = NULL};
    lm_status rc = archive_entry_begin(j, err);
    if (rc) return rc;
    if (zip_stat_index(z, i, 0, &st) || !(st.valid & ZIP_STAT_NAME) || !(st.valid & ZIP_STAT_COMP_SIZE))
        return archive_damaged(j, err);
    if (!archive_zip_regular(z, i, st.name)) return LM_OK;
    if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
        return archive_zip_fail(j, ZIP_ER_NOPASSWD, err);
    *packed += st.comp_size;
    zip_file_t *f = zip_fopen_index(z, i, 0);
    if (!f) return archive_zip_fail(j, zip_error_code_zip(zip_get_error(z)), err);
    if ((st.valid & ZIP_STAT_SIZE) && st.size && st.size <= ARCHIVE_FIRST)
        rc = lm_mem_grow(&b.p, &b.cap, (size_t)st.size + ARCHIVE_CHUNK, 1, err);
    while (!rc && !(rc = archive_room(&b, err))) {
        zip_int64_t n = zip_fread(f, b.p + b.used, b.cap - b.used);
        if (n < 0)
            rc = archive_zip_fail(j, zip_error_code_zip(zip_file_get_error(f)), err); /* the checksum is one of the reasons */
        if (n <= 0) break;
        rc = archive_count(j, (uint64_t)n, *packed, err);
        b.used += (size_t)n;
    }
    zip_fclose(f);
    return archive_keep(j, &b, rc, err);
}

static lm_status archive_zip(archive_job *j, lm_in *in, lm_err *err)
{
    char *bytes;
    size_t n;
    uint64_t packed = 0;
    zip_error_t ze;
    lm_status rc = lm_io_slurp(in, j->limit.bytes, &bytes, &n, err);
    if (rc) return rc;
    zip_error_init(&ze);
    zip_t *z = NULL;
    zip_source_t *src = zip_source_buffer_create(bytes, n, 0, &ze);
    if (src && !(z = zip_open_from_source(src, ZIP_RDONLY, &ze))) zip_source_free(src);
    if (!z) rc = archive_zip_fail(j, zip_error_code_zip(&ze), err);
    zip_error_fini(&ze);
    zip_int64_t entries = z ? zip_get_num_entries(z, 0) : 0;
    for (zip_int64_t i = 0; i < entries && !rc; i++) rc = archive_zip_member(j, z, (zip_uint64_t)i, &packed, err);
    if (z) zip_discard(z);
    free(bytes);
    return rc;
}

/* ---- 4 tar ---- */

typedef struct {
    lm_in *in;
    lm_err *err;
    lm_status rc; /* of the input itself */
    unsigned char chunk[ARCHIVE_CHUNK];
} archive_feed;

static la_ssize_t archive_feed_read(struct archive *a, void *ctx, const void **p)
{
    archive_feed *f = ctx;
    size_t got;
    (void)a;
    *p = f->chunk;
    f->rc = lm_io_read_some(f->in, f->chunk, sizeof f->chunk, &got, f->err);
    return f->rc ? -1 : (la_ssize_t)got;
}

static lm_status archive_tar_member(archive_job *j, struct archive *a, lm_err *err)
{
    archive_buf b = {.p = NULL};
    lm_status rc = LM_OK;
    while (!rc && !(rc = archive_room(&b, err))) {
        la_ssize_t n = archive_read_data(a, b.p + b.used, b.cap - b.used);
        if (n < 0) rc = archive_damaged(j, err); /* ARCHIVE_RETRY too: of sparse blocks out of order it is said for ever */
        if (n <= 0) break;
        rc = archive_count(j, (uint64_t)n, (uint64_t)archive_filter_bytes(a, -1), err);
        b.used += (size_t)n;
    }
    return archive_keep(j, &b, rc, err);
}

static lm_status archive_tar_members(archive_job *j, struct archive *a, struct archive_entry *e, lm_err *err)
{
    for (;;) {
        int r = archive_read_next_header2(a, e);
        if (r == ARCHIVE_EOF) break;
        /* a warning: a name that this locale cannot hold, an attribute that is not known; names are of no interest */
        if (r != ARCHIVE_OK && r != ARCHIVE_WARN) return archive_damaged(j, err);
        lm_status rc = archive_entry_begin(j, err);
        if (!rc && archive_entry_filetype(e) == AE_IFREG && !archive_entry_hardlink(e)) rc = archive_tar_member(j, a, err);
        if (rc) return rc;
    }
    /* libarchive takes an archive without end marker for whole, which may have been cut between two members; it passes over
     * the marker's zeros when they are there. */
    if (archive_filter_bytes(a, 0) > archive_read_header_position(a)) return LM_OK;
    return lm_err_set(err, LM_EFORMAT, NULL, "the archive ends without an end marker behind member %zu: cut off?", j->entries);
}

static lm_status archive_tar(archive_job *j, lm_in *in, bool gzip, lm_err *err)
{
    archive_feed *f = lm_mem_alloc(1, sizeof *f, err);
    struct archive *a = f ? archive_read_new() : NULL;
    struct archive_entry *e = a ? archive_entry_new() : NULL; /* libarchive uses its own one even where it could not make it */
    lm_status rc = LM_OK;
    if (!e) {
        if (a) archive_read_free(a);
        free(f);
        return lm_err_nomem(err, sizeof *f);
    }
    f->in = in;
    f->err = err;
    f->rc = LM_OK;
    if (archive_read_support_format_tar(a) != ARCHIVE_OK || (gzip && archive_read_support_filter_gzip(a) != ARCHIVE_OK))
        rc = lm_err_nomem(err, 0);
    else if (archive_read_open(a, f, NULL, archive_feed_read, NULL) == ARCHIVE_OK) rc = archive_tar_members(j, a, e, err);
    else rc = archive_damaged(j, err);
    if (f->rc) rc = f->rc;
    else if (rc == LM_EFORMAT && gzip && !j->entries)
        rc = lm_err_set(err, LM_EFORMAT, NULL,
                        "there is no whole tar archive in the gzip file: a single file is to be unpacked with gunzip first");
    archive_entry_free(e);
    archive_read_free(a);
    free(f);
    return rc;
}

/* ---- 5 unpacking in a child ---- */

static lm_archive_limits archive_limits(const lm_archive_limits *given)
{
    lm_archive_limits l = {0};
    if (given) l = *given;
    if (!l.bytes) l.bytes = ARCHIVE_BYTES;
    if (!l.members) l.members = ARCHIVE_MEMBERS;
    if (!l.ratio) l.ratio = ARCHIVE_RATIO;
    return l;
}

lm_status lm_archive_unpack(lm_in *in, const lm_archive_limits *limits, int fd, lm_err *err)
{
    archive_job j = {.fd = fd, .limit = archive_limits(limits)};
    const unsigned char *b;
    size_t n;
    lm_status rc = lm_io_peek(in, LM_ARCHIVE_HEAD, &b, &n, err);
    if (rc) return rc;
    if (!lm_archive_sniff(b, n)) return lm_err_set(err, LM_EFORMAT, NULL, "no zip or tar archive");
    return archive_is_zip(b, n) ? archive_zip(&j, in, err) : archive_tar(&j, in, archive_is_gzip(b, n), err);
}

/* n bytes at *at, which moves on. False when they are not there. */
static bool archive_pread(int fd, void *p, size_t n, off_t *at)
{
    unsigned char *o = p;
    while (n) {
        ssize_t k = pread(fd, o, n, *at);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return false;
        o += k;
        n -= (size_t)k;
        *at += k;
    }
    return true;
}

lm_status lm_archive_collect(int fd, const lm_archive_limits *limits, lm_archive *out, lm_err *err)
{
    const lm_archive_limits limit = archive_limits(limits);
    struct stat st;
    off_t at = 0;
    lm_status rc = fstat(fd, &st) ? lm_err_set(err, LM_EIO, NULL, "cannot read what was unpacked: %s", strerror(errno)) : LM_OK;
    *out = (lm_archive)LM_ARCHIVE_INIT;
    while (!rc && at < st.st_size) { /* what a child that went astray has written is not trusted */
        archive_head h;
        unsigned char *p = NULL;
        off_t from = at;
        bool ok = archive_pread(fd, &h, sizeof h, &at) && h.size <= (uint64_t)(st.st_size - at) && out->n < limit.members;
        if (ok && (rc = lm_mem_grow(&out->item, &out->cap, out->n + 1, sizeof *out->item, err))) break;
        if (ok && !(p = lm_mem_alloc(h.size, 1, err))) rc = LM_ENOMEM;
        else if (!ok || !archive_pread(fd, p, h.size, &at)) rc = lm_err_set(err, LM_EIO, NULL, "what was unpacked is damaged");
        if (rc) free(p);
        else out->item[out->n++] = (lm_archive_member){h.number, p, h.size};
        (void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, at - from); /* half the memory at the peak */
    }
    if (rc) lm_archive_release(out);
    return rc;
}

typedef struct {
    lm_in *in;
    const lm_archive_limits *limits;
    int fd;
    lm_err err;
} archive_task;

static int archive_in_child(void *ctx, size_t item)
{
    archive_task *t = ctx;
    (void)item;
    return (int)lm_archive_unpack(t->in, t->limits, t->fd, &t->err);
}

lm_status lm_archive_read(lm_in *in, const lm_archive_limits *limits, lm_archive *out, lm_err *err)
{
    size_t bytes;
    lm_child_end end;
    *out = (lm_archive)LM_ARCHIVE_INIT;
    archive_task *t = lm_child_map(1, sizeof *t, &bytes, err);
    if (!t) return LM_ENOMEM;
    *t = (archive_task){.in = in, .limits = limits, .fd = memfd_create("archive", MFD_CLOEXEC)};
    lm_child_job job = {.n = 1,
                        .children = 1,
                        .max_memory = ARCHIVE_MEMORY + archive_limits(limits).bytes,
                        .seconds = ARCHIVE_SECONDS,
                        .fn = archive_in_child,
                        .ctx = t};
    lm_status rc =
        t->fd < 0 ? lm_err_set(err, LM_ENOMEM, NULL, "no memory to unpack to: %s", strerror(errno)) : lm_child_run(&job, &end, err);
    if (!rc && end.why == LM_CHILD_FAILED) {
        rc = (lm_status)end.code;
        if (err) *err = t->err;
    } else if (!rc && end.why != LM_CHILD_DONE)
        rc = lm_err_set(err, LM_EFORMAT, NULL, "the archive cannot be unpacked: damaged, or no memory for it");
    if (!rc) rc = lm_archive_collect(t->fd, limits, out, err);
    if (t->fd >= 0) close(t->fd);
    munmap(t, bytes);
    return rc;
}
