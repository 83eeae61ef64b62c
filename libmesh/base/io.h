/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io.h: bytes in and bytes out, for all readers and writers. The only place that knows what "-" means.
 *
 * Input: a buffered reader over a file, standard input or memory. It can peek (formats are recognised by content),
 * counts bytes, and a read that ends early is an LM_EFORMAT "cut off".
 * Output: a file is written beside its place under a temporary name and renamed by lm_io_commit; until then nothing with
 * the final name exists, and an old file of that name stays whole. A symbolic link stays: the file it names is replaced.
 * Temporaries are removed on abort, on SIGINT, SIGTERM and SIGHUP (lm_io_catch_signals). Standard output is refused when
 * it is a terminal. */
#ifndef LM_BASE_IO_H
#define LM_BASE_IO_H

#include "base/err.h"
#include "base/hash.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct lm_in lm_in;

/* path "-": standard input (refused with LM_EUSAGE when it is a terminal). An empty input is LM_EFORMAT here. */
LM_CHECKED lm_status lm_io_open(const char *path, lm_in **ret, lm_err *err);
/* Read from memory, which must outlive the reader. */
LM_CHECKED lm_status lm_io_open_mem(const void *p, size_t n, lm_in **ret, lm_err *err);
/* Read what pull gives: up to n bytes into buf, *got = 0 at the end; closing calls end(ctx). On error ctx stays the
 * caller's. */
typedef lm_status (*lm_io_pull)(void *ctx, void *buf, size_t n, size_t *got, lm_err *err);
LM_CHECKED lm_status lm_io_open_pull(lm_io_pull pull, void (*end)(void *ctx), void *ctx, const char *name, lm_in **ret,
                                     lm_err *err);
/* From now on hash what is handed out (peeking does not count). */
void lm_io_hash(lm_in *in, lm_hash_sha256 *sha);
void lm_io_close(lm_in *in);
/* What to call this input in messages: the name the user gave, or "standard input". */
const char *lm_io_name(const lm_in *in);
/* Size in bytes when known (regular file, memory), else UINT64_MAX. Bytes consumed so far. */
uint64_t lm_io_size(const lm_in *in);
uint64_t lm_io_tell(const lm_in *in);
/* Look at the next bytes without consuming them: up to want (at most 65536), fewer only at the end. Valid until the next
 * call on this reader. */
LM_CHECKED lm_status lm_io_peek(lm_in *in, size_t want, const unsigned char **p, size_t *got, lm_err *err);
/* Exactly n bytes, else LM_EFORMAT naming how many came. */
LM_CHECKED lm_status lm_io_read(lm_in *in, void *buf, size_t n, lm_err *err);
/* Up to n bytes; *got < n only at the end. */
LM_CHECKED lm_status lm_io_read_some(lm_in *in, void *buf, size_t n, size_t *got, lm_err *err);
/* One line without its end (LF or CRLF), terminated; *eof when there was none. LM_EFORMAT when longer than cap-1. */
LM_CHECKED lm_status lm_io_line(lm_in *in, char *buf, size_t cap, size_t *len, bool *eof, lm_err *err);
/* All that remains, at most limit bytes (more: LM_ERANGE), in one block with a terminating 0 behind it; free() it. */
LM_CHECKED lm_status lm_io_slurp(lm_in *in, size_t limit, char **ret, size_t *n, lm_err *err);

typedef struct lm_out lm_out;

/* path "-": standard output; text: a terminal is fine (tables for people), else it is refused with LM_EUSAGE. */
LM_CHECKED lm_status lm_io_create(const char *path, bool text, lm_out **ret, lm_err *err);
/* Write into memory that grows (for containers); taken by lm_io_take. */
LM_CHECKED lm_status lm_io_create_mem(lm_out **ret, lm_err *err);
/* Buffered. The first failure sticks: later writes do nothing and commit reports it. */
void lm_io_write(lm_out *out, const void *p, size_t n);
void lm_io_printf(lm_out *out, const char *fmt, ...) LM_PRINTF(2, 3);
/* From now on count what is written and hash it; both live until the commit. */
void lm_io_tap(lm_out *out, lm_hash_sha256 *sha, uint64_t *bytes);
/* Hand all that was written to the system, close a file, and check: what is left to commit is the renaming, so that several
 * files can be put in place after all of them were written. Nothing may be written after it. */
LM_CHECKED lm_status lm_io_flush(lm_out *out, lm_err *err);
/* Flush, check, rename into place, free. On error the temporary is gone and the old file is as it was. */
LM_CHECKED lm_status lm_io_commit(lm_out *out, lm_err *err);
/* From now on more belongs to out: it is flushed, committed and aborted with it. A commit renames nothing before all of them are
 * flushed; when a renaming fails, those files of the row that were not there before are removed again. */
void lm_io_follow(lm_out *out, lm_out *more);
/* Throw away what was written; free. NULL is fine. Bytes already sent down a pipe cannot be recalled: the reader sees
 * fewer than the header promised. */
void lm_io_abort(lm_out *out);
/* Hand over the bytes of a memory writer (free() them) and free the writer. */
LM_CHECKED lm_status lm_io_take(lm_out *out, unsigned char **p, size_t *n, lm_err *err);

/* Install the handlers that remove temporaries and end the process by the same signal. SIGPIPE and SIGXFSZ
 * are ignored: a dead reader or a limit on file size shows as a failed write, reported in one line. Child processes of this one may
 * be registered to be killed too. */
void lm_io_catch_signals(void);
void lm_io_child_add(int pid);
void lm_io_child_remove(int pid);

#endif
