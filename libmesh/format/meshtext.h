/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshtext.h: what the line-based mesh formats (OBJ, OFF) share: lines of any end, numbers, faces as they come in, and the
 * words "UNITS=mm SPACE=LPS" of a comment or header. */
#ifndef LM_FORMAT_MESHTEXT_H
#define LM_FORMAT_MESHTEXT_H

#include "base/io.h"
#include "stream/record.h"
#include "surface/mesh.h"

enum { LM_MESHTEXT_LINE = 16 << 20 }; /* bytes of the longest line that is read */

typedef struct {
    lm_in *in;
    char *buf;
    size_t cap, at, end; /* the bytes of buf not yet used */
    size_t line;         /* number of the line last read, from 1 */
    bool eof;
    bool continued; /* set by the caller: a backslash before the line end joins the next line */
} lm_meshtext;

/* Next line without its end (LF, CRLF or CR), valid until the next call; *s NULL at the end of the input. LM_ERANGE when
 * longer than LM_MESHTEXT_LINE. buf is taken by the first call, free(t->buf). */
LM_CHECKED lm_status lm_meshtext_line(lm_meshtext *t, char **s, char **end, lm_err *err);
/* Past blanks. */
const char *lm_meshtext_skip(const char *s, const char *end);
/* Three finite numbers in the range of float32, anywhere behind *s; moves *s behind them. False: they are not there. */
bool lm_meshtext_point(const char **s, const char *end, float p[3]);
/* LM_EFORMAT "WHAT, line N: 'TEXT': why". */
lm_status lm_meshtext_bad(const lm_meshtext *t, const char *what, const char *s, const char *end, const char *why, lm_err *err);

/* Vertices and faces as they come in. A face's corners are numbers from 0; polygons are cut by lm_polygon_cut at the end,
 * when all vertices are known. The order of the faces is kept. */
typedef struct {
    lm_mesh mesh;
    size_t vcap, tcap, lcap;
    uint32_t *poly; /* pairs: first triangle of a polygon (a fan until the end), and its corners */
    size_t npoly, pcap;
    uint32_t part;  /* label of the faces that come */
    bool labels;    /* more than one part has faces */
    size_t crossed; /* polygons that cross themselves or have no area */
} lm_meshtext_mesh;
#define LM_MESHTEXT_MESH_INIT \
    { \
        .part = 1 \
    }
LM_CHECKED lm_status lm_meshtext_vertex(lm_meshtext_mesh *m, const float p[3], lm_err *err);
LM_CHECKED lm_status lm_meshtext_face(lm_meshtext_mesh *m, const uint32_t *v, size_t n, lm_err *err);
/* The rest of the line names the part of the faces that come. */
LM_CHECKED lm_status lm_meshtext_name(lm_meshtext_mesh *m, const char *s, const char *end, lm_err *err);
/* Check, cut polygons, hand over to out (and a note on crossed polygons to rec); m is released in any case. */
LM_CHECKED lm_status lm_meshtext_finish(lm_meshtext_mesh *m, lm_mesh *out, lm_records *rec, lm_err *err);
void lm_meshtext_release(lm_meshtext_mesh *m);

/* "SPACE=LPS|RAS" and "UNITS=..." in s. LM_ERULE for a unit that is not known or contradicts what was said before. */
LM_CHECKED lm_status lm_meshtext_words(const char *s, lm_mesh *mesh, lm_records *rec, lm_err *err);
/* "UNITS=mm SPACE=LPS CASE=... NAME=..." for a comment: one line, control characters and '=' of the user's text as '_'. */
void lm_meshtext_head(lm_out *out, const lm_mesh *mesh, const char *case_id, const char *name);

#endif
