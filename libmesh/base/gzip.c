/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gzip.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

enum { GZIP_BLOCK = 1 << 18, GZIP_ANY = 15 + 16 };

typedef struct {
    lm_in *from;
    z_stream z;
    uint64_t made;
    bool between; /* members: nothing of a further one has come */
    unsigned char block[GZIP_BLOCK];
} gzip_in;

static lm_status gzip_pull(void *ctx, void *buf, size_t n, size_t *got, lm_err *err)
{
    gzip_in *g = ctx;
    lm_status rc;
    *got = 0;
    while (!*got) {
        if (!g->z.avail_in) {
            size_t more;
            if ((rc = lm_io_read_some(g->from, g->block, sizeof g->block, &more, err))) return rc;
            if (!more && g->between) return LM_OK;
            if (!more) return lm_err_set(err, LM_EFORMAT, NULL, "gzip: input cut off after %" PRIu64 " unpacked bytes", g->made);
            g->z.next_in = g->block;
            g->z.avail_in = (uInt)more;
        }
        uInt room = n > GZIP_BLOCK ? GZIP_BLOCK : (uInt)n;
        g->z.next_out = buf;
        g->z.avail_out = room;
        int e = inflate(&g->z, Z_NO_FLUSH);
        *got = room - g->z.avail_out;
        g->made += *got;
        g->between = e == Z_STREAM_END;
        if (e == Z_STREAM_END) inflateReset(&g->z);
        else if (e == Z_MEM_ERROR) return lm_err_nomem(err, GZIP_BLOCK);
        else if (e != Z_OK && e != Z_BUF_ERROR)
            return lm_err_set(err, LM_EFORMAT, NULL, "gzip: damaged after %" PRIu64 " unpacked bytes: %s", g->made,
                              g->z.msg ? g->z.msg : "no gzip");
    }
    return LM_OK;
}

static void gzip_end(void *ctx)
{
    gzip_in *g = ctx;
    inflateEnd(&g->z);
    free(g);
}

lm_status lm_gzip_open(lm_in *from, lm_in **ret, lm_err *err)
{
    gzip_in *g = lm_mem_calloc(1, sizeof *g, err);
    if (!g) return LM_ENOMEM;
    g->from = from;
    if (inflateInit2(&g->z, GZIP_ANY) != Z_OK) {
        free(g);
        return lm_err_nomem(err, GZIP_BLOCK);
    }
    lm_status rc = lm_io_open_pull(gzip_pull, gzip_end, g, lm_io_name(from), ret, err);
    if (rc) gzip_end(g);
    return rc;
}

size_t lm_gzip_head(const unsigned char *p, size_t n, unsigned char *head, size_t cap)
{
    z_stream z = {0};
    if (n < 2 || p[0] != 0x1f || p[1] != 0x8b || inflateInit2(&z, GZIP_ANY) != Z_OK) return 0;
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = head;
    z.avail_out = (uInt)cap;
    (void)inflate(&z, Z_SYNC_FLUSH);
    size_t got = cap - z.avail_out;
    inflateEnd(&z);
    return got;
}
