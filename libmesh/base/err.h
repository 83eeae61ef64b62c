/* SPDX-License-Identifier: GPL-3.0-or-later */
/* err.h: status codes and one-line errors with context frames.
 *
 * The caller owns the lm_err; there is no global and no allocation. The lowest level says what happened (lm_err_set);
 * a caller adds a frame only if it knows more: file, slice, element, option (lm_err_frame). Printed outermost first:
 *   mcubes: cannot read '-': NRRD payload: 1310720 of 4194304 bytes, input cut off
 * Programming errors are asserts, never lm_err. */
#ifndef LM_BASE_ERR_H
#define LM_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

typedef enum {
    LM_OK = 0,
    LM_ENOMEM,  /* memory, or a limit on memory */
    LM_EIO,     /* the system refused: open, read, write, rename, fork */
    LM_EFORMAT, /* the bytes are not what the format demands (cut, altered, not that format) */
    LM_ERULE,   /* well-formed, but against a rule of the domain (geometry, mixed series, NaN): rule id is set */
    LM_EUSAGE,  /* an option or value that the user gave */
    LM_ERANGE,  /* more than we can count or address */
    LM_ENO      /* the answer is no (not an error of input): tools exit 1 */
} lm_status;

enum { LM_ERR_FRAMES = 6, LM_ERR_TEXT = 400 };

typedef struct {
    lm_status code;
    char rule[16]; /* id of docs/STANDARDS rules such as "G-4", or "" */
    int n;         /* frames used, innermost first */
    char text[LM_ERR_FRAMES][LM_ERR_TEXT];
} lm_err;
#define LM_ERR_INIT \
    { \
        .code = LM_OK \
    }

#define LM_CHECKED __attribute__((warn_unused_result))
#define LM_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Set the error (replacing what was there) and return code, so that callers write `return lm_err_set(...)`.
 * err may be NULL. rule may be NULL. Control characters in the text become '?'; over-long text is cut. */
lm_status lm_err_set(lm_err *err, lm_status code, const char *rule, const char *fmt, ...) LM_PRINTF(4, 5);
/* Add an outer context frame, keep and return the code. When frames run out the outermost ones are dropped. */
lm_status lm_err_frame(lm_err *err, const char *fmt, ...) LM_PRINTF(2, 3);
/* LM_ENOMEM with the number of bytes asked for; 0: not known. */
lm_status lm_err_nomem(lm_err *err, size_t bytes);
/* The whole message on one line into buf (always terminated): frames outermost first, then " [rule]". */
void lm_err_line(const lm_err *err, char *buf, size_t cap);

#endif
