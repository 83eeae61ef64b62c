/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/parts.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where label stands, or would. */
static size_t parts_place(const lm_parts *p, uint32_t label)
{
    size_t lo = 0, hi = p->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (p->item[mid].label < label) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

lm_status lm_parts_add(lm_parts *p, const lm_part *part, lm_err *err)
{
    char clean[LM_PART_NAME];
    size_t at = parts_place(p, part->label), len = strnlen(part->name, LM_PART_NAME);
    if (!part->label) return lm_err_set(err, LM_ERULE, NULL, "a part has label 0: that is the outside, parts count from 1");
    if (at < p->n && p->item[at].label == part->label)
        return lm_err_set(err, LM_ERULE, NULL, "label %u is named twice", part->label);
    if (!lm_parts_clean(part->name, len, clean))
        return lm_err_set(err, LM_ERULE, NULL, "the name of label %u is no plain UTF-8 text of at most %d bytes", part->label,
                          LM_PART_NAME - 1);
    if (p->n == LM_PARTS_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d named parts", (int)LM_PARTS_MAX);
    lm_status rc = lm_mem_grow(&p->item, &p->cap, p->n + 1, sizeof *p->item, err);
    if (rc) return rc;
    memmove(p->item + at + 1, p->item + at, (p->n - at) * sizeof *p->item);
    p->item[at] = *part;
    p->n++;
    return LM_OK;
}

const lm_part *lm_parts_find(const lm_parts *p, uint32_t label)
{
    size_t at = parts_place(p, label);
    return at < p->n && p->item[at].label == label ? &p->item[at] : NULL;
}

lm_status lm_parts_copy(const lm_parts *from, lm_parts *to, lm_err *err)
{
    lm_parts_release(to);
    if (!from->n) return LM_OK;
    if (!(to->item = lm_mem_alloc(from->n, sizeof *to->item, err))) return LM_ENOMEM;
    memcpy(to->item, from->item, from->n * sizeof *to->item);
    to->n = to->cap = from->n;
    return LM_OK;
}

void lm_parts_release(lm_parts *p)
{
    free(p->item);
    *p = (lm_parts)LM_PARTS_INIT;
}

const char *lm_parts_name(const lm_parts *p, uint32_t label, char buf[LM_PART_NAME])
{
    const lm_part *part = lm_parts_find(p, label);
    if (part && part->name[0]) memcpy(buf, part->name, LM_PART_NAME);
    else snprintf(buf, LM_PART_NAME, "part-%u", label);
    return buf;
}

/* Length of the UTF-8 character at s (n bytes are there) and its number; 0: none (also overlong forms and surrogates). */
static size_t parts_char(const unsigned char *s, size_t n, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
    if (!len || len > n) return 0;
    *c = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if (s[i] >> 6 != 2) return 0;
        *c = *c << 6 | (s[i] & 0x3fu);
    }
    return len > 1 && (*c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000)) ? 0 : len;
}

/* Controls, line and paragraph separators, and format characters: some of them hide text or turn its direction. */
static bool parts_hidden(uint32_t c)
{
    static const uint32_t range[][2] = {{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x600, 0x605},
                                        {0x61c, 0x61c},   {0x6dd, 0x6dd},   {0x70f, 0x70f},   {0x180e, 0x180e},
                                        {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xe000, 0xf8ff},
                                        {0xfdd0, 0xfdef}, {0xfeff, 0xfeff}, {0xfff0, 0xffff}, {0xe0000, 0x10ffff}};
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        if (c >= range[i][0] && c <= range[i][1]) return true;
    return (c & 0xfffe) == 0xfffe;
}

bool lm_parts_clean(const char *text, size_t n, char name[LM_PART_NAME])
{
    const unsigned char *s = (const unsigned char *)text;
    size_t at = 0, used = 0;
    bool same = true;
    memset(name, 0, LM_PART_NAME);
    for (; at < n && s[at] == ' '; at++) same = false;
    while (at < n) {
        uint32_t c = 0;
        size_t len = parts_char(s + at, n - at, &c);
        bool bad = !len || parts_hidden(c);
        if (used + (bad ? 1 : len) >= LM_PART_NAME) {
            same = false;
            break;
        }
        if (bad) name[used++] = '_', same = false;
        else memcpy(name + used, s + at, len), used += len;
        at += len ? len : 1;
    }
    for (; used && name[used - 1] == ' '; same = false) name[--used] = 0;
    return same;
}
