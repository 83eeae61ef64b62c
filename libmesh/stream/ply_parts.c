/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/ply_parts.h"
#include "base/num.h"

#include <string.h>

static int ply_parts_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool ply_parts_byte(const char *s, unsigned char *out)
{
    int hi = ply_parts_hex(s[0]), lo = hi < 0 ? -1 : ply_parts_hex(s[1]);
    *out = (unsigned char)(16 * hi + lo);
    return lo >= 0;
}

/* Escaped text to a name; false when it is none. */
static bool ply_parts_unescape(const char *s, char name[LM_PART_NAME])
{
    char raw[LM_PART_NAME];
    size_t n = 0;
    for (; *s; s++, n++) {
        unsigned char c = (unsigned char)*s;
        if (n == LM_PART_NAME - 1) return false;
        if (c == '%') {
            if (!ply_parts_byte(s + 1, &c)) return false;
            s += 2;
        }
        raw[n] = (char)c;
    }
    return lm_parts_clean(raw, n, name);
}

/* The rest of a name that begins in an earlier line. */
static bool ply_parts_more(const char *s, uint32_t label, lm_parts *parts)
{
    char more[LM_PART_NAME], name[LM_PART_NAME];
    lm_part *p = (lm_part *)lm_parts_find(parts, label);
    if (!p || !ply_parts_unescape(s, more) || strlen(p->name) + strlen(more) >= LM_PART_NAME) return false;
    strcat(p->name, more);
    return lm_parts_clean(p->name, strlen(p->name), name);
}

lm_status lm_ply_parts_read(const char *s, lm_parts *parts, lm_err *err)
{
    char word[3][16] = {"", "", ""};
    lm_part p = {.label = 0};
    size_t label;
    for (int i = 0; i < 2; i++) {
        size_t n = strcspn(s, " ");
        if (n >= sizeof *word) goto bad;
        memcpy(word[i], s, n);
        s += n + (s[n] == ' ');
    }
    if (!lm_num_size(word[0], UINT32_MAX, &label)) goto bad;
    p.label = (uint32_t)label;
    if (!strcmp(word[1], "+")) {
        if (ply_parts_more(s, p.label, parts)) return LM_OK;
        goto bad;
    }
    p.has_rgb = strcmp(word[1], "-") != 0;
    if (p.has_rgb && strlen(word[1]) != 6) goto bad;
    for (int i = 0; p.has_rgb && i < 3; i++)
        if (!ply_parts_byte(word[1] + 2 * i, &p.rgb[i])) goto bad;
    if (ply_parts_unescape(s, p.name)) return lm_parts_add(parts, &p, err);
bad:
    return lm_err_set(err, LM_EFORMAT, NULL, "'meshqa_part LABEL RRGGBB|- NAME' is needed");
}

/* Characters never fall apart, and no piece begins or ends with a blank, which editors trim. */
static size_t ply_parts_piece(const char *name, size_t room, char *out)
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0, used = 0, good = 0, good_used = 0;
    for (; name[at]; at++) {
        unsigned char c = (unsigned char)name[at];
        bool plain = c < 0x7f && c != '%';
        if (at && (c & 0xc0) != 0x80 && c != ' ' && name[at - 1] != ' ') good = at, good_used = used;
        if (used + (plain ? 1 : 3) > room) {
            out[good_used] = 0;
            return good;
        }
        if (plain) out[used++] = (char)c;
        else {
            out[used++] = '%';
            out[used++] = hex[c >> 4];
            out[used++] = hex[c & 15];
        }
    }
    out[used] = 0;
    return at;
}

void lm_ply_parts_write(lm_out *out, const lm_parts *parts)
{
    enum { ROOM = LM_PLY_PARTS_LINE - sizeof "obj_info meshqa_part 4294967295 rrggbb \n" + 1 };
    char text[ROOM + 1];
    for (size_t i = 0; i < parts->n; i++) {
        const lm_part *p = &parts->item[i];
        const char *name = p->name;
        if (!*name && !p->has_rgb) continue;
        lm_io_printf(out, "obj_info meshqa_part %u ", p->label);
        if (p->has_rgb) lm_io_printf(out, "%02x%02x%02x", p->rgb[0], p->rgb[1], p->rgb[2]);
        else lm_io_printf(out, "-");
        name += ply_parts_piece(name, ROOM, text);
        lm_io_printf(out, "%s%s\n", *text ? " " : "", text);
        while (*name) {
            name += ply_parts_piece(name, ROOM, text);
            lm_io_printf(out, "obj_info meshqa_part %u + %s\n", p->label, text);
        }
    }
}
