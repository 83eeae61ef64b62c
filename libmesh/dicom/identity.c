/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/identity.h"
#include "base/io.h"
#include "volume/terms.h"

#include <nettle/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char identity_built_in[] = "meshqa";

lm_status lm_identity_load(lm_identity *id, lm_err *err)
{
    static const char var[] = "MESHQA_KEY_FILE";
    const char *path = getenv(var);
    lm_in *in = NULL;
    char *text = NULL;
    size_t n = 0;
    id->key_bytes = 0;
    if (!path || !path[0]) return LM_OK;
    if (!strcmp(path, "-")) return lm_err_set(err, LM_EUSAGE, NULL, "%s: the key is in a file, not on standard input", var);
    lm_status rc = lm_io_open(path, &in, err);
    if (!rc) rc = lm_io_slurp(in, LM_IDENTITY_KEY + 2, &text, &n, err);
    lm_io_close(in);
    if (rc && rc != LM_ERANGE) return lm_err_frame(err, "the key that %s names", var);
    while (!rc && n && (text[n - 1] == '\n' || text[n - 1] == '\r')) n--;
    if (rc || n > LM_IDENTITY_KEY)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "%s: the key has more than %d bytes", var, (int)LM_IDENTITY_KEY);
    else if (n < LM_IDENTITY_LEAST)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "%s: a key of %zu bytes is too short; take %d or more, at random", var, n,
                        (int)LM_IDENTITY_LEAST);
    else {
        memcpy(id->key, text, n);
        id->key_bytes = n;
    }
    free(text);
    return rc;
}

static void identity_hmac(const lm_identity *id, const char *text, char *hex, size_t bytes)
{
    struct hmac_sha256_ctx ctx;
    uint8_t d[SHA256_DIGEST_SIZE];
    if (id && id->key_bytes) hmac_sha256_set_key(&ctx, id->key_bytes, id->key);
    else hmac_sha256_set_key(&ctx, sizeof identity_built_in - 1, (const uint8_t *)identity_built_in);
    hmac_sha256_update(&ctx, strlen(text), (const uint8_t *)text);
    hmac_sha256_digest(&ctx, bytes, d);
    for (size_t i = 0; i < bytes; i++) snprintf(hex + 2 * i, 3, "%02x", d[i]);
}

void lm_identity_key_name(const lm_identity *id, char out[LM_IDENTITY_HASH])
{
    strcpy(out, "built-in");
    if (!id || !id->key_bytes) return;
    strcpy(out, "lab-");
    identity_hmac(id, "which key is this", out + 4, 4);
}

lm_status lm_identity_same_key(const lm_identity *id, const char *recorded, lm_err *err)
{
    char name[LM_IDENTITY_HASH];
    lm_identity_key_name(id, name);
    if (!recorded || id->show || !strcmp(recorded, name)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "the UIDs in the record are hashed under the key %.12s, and MESHQA_KEY_FILE gives %s: name the same file",
                      recorded, name);
}

void lm_identity_hash(const lm_identity *id, const char *uid, char out[LM_IDENTITY_HASH])
{
    identity_hmac(id, uid, out, 8);
}

void lm_identity_uid(const lm_identity *id, const char *uid, char out[LM_IDENTITY_TEXT])
{
    if (id && id->show) snprintf(out, LM_IDENTITY_TEXT, "%s", uid);
    else lm_identity_hash(id, uid, out);
}

void lm_identity_name(const lm_identity *id, const char *text, uint32_t label, char *out, size_t cap)
{
    lm_terms_name(text, label, id && id->keep_names, out, cap);
}
