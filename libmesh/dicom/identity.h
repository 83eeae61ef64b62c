/* SPDX-License-Identifier: GPL-3.0-or-later */
/* identity.h: what of a patient's identity may go out, and in which form (DESIGN 1.5, STANDARDS 9).
 *
 * UIDs go out as the first 16 hex digits of HMAC-SHA256 (RFC 2104, FIPS 198-1) under a key. The built-in key is public: it keeps a
 * UID from being read, not from being confirmed by someone who guesses it or has it from elsewhere. A lab that wants more keeps a
 * secret of its own in a file and names it in MESHQA_KEY_FILE, the same for all tools and all of a case's runs. */
#ifndef LM_DICOM_IDENTITY_H
#define LM_DICOM_IDENTITY_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LM_IDENTITY_KEY = 4096, LM_IDENTITY_LEAST = 16, LM_IDENTITY_HASH = 17, LM_IDENTITY_TEXT = 128 };
typedef struct {
    bool show;        /* UIDs go out as they are */
    bool keep_names;  /* names of labels go out as they are */
    size_t key_bytes; /* 0: the built-in key */
    unsigned char key[LM_IDENTITY_KEY];
} lm_identity;
#define LM_IDENTITY_INIT \
    { \
        .show = false \
    }

/* Take the key from the file that MESHQA_KEY_FILE names, all its bytes but a line end behind them; not set or empty: the
 * built-in key. LM_EUSAGE: fewer than 16 bytes or more than 4096; LM_EIO: not readable. Never prints a byte of it. */
LM_CHECKED lm_status lm_identity_load(lm_identity *id, lm_err *err);
/* Which key it is: "built-in", or "lab-" and 8 hex digits that tell keys apart and nothing else about them. */
void lm_identity_key_name(const lm_identity *id, char out[LM_IDENTITY_HASH]);
/* Can hashes under the key that a record names (NULL: it names none) be compared with ours? LM_EUSAGE: under another key. Names
 * that are shown need none. */
LM_CHECKED lm_status lm_identity_same_key(const lm_identity *id, const char *recorded, lm_err *err);
/* The hash of a UID, id NULL: under the built-in key. */
void lm_identity_hash(const lm_identity *id, const char *uid, char out[LM_IDENTITY_HASH]);
/* A UID as it goes out: hash, or the text itself (cut to LM_IDENTITY_TEXT - 1) when id->show. */
void lm_identity_uid(const lm_identity *id, const char *uid, char out[LM_IDENTITY_TEXT]);
/* A label's name as it goes out: see lm_terms_name. */
void lm_identity_name(const lm_identity *id, const char *text, uint32_t label, char *out, size_t cap);

#endif
