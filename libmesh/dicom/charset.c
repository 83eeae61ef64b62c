/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 output, 2 sets, 3 ISO 2022, 4 whole texts */
#include "dicom/charset.h"

#include <iconv.h>
#include <stdint.h>
#include <string.h>

/* ---- 1 output ---- */

typedef struct {
    char *out;
    size_t n, cap;
    bool full;
} charset_out;

size_t lm_charset_utf8_length(const unsigned char *p, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (!n) return 0;
    size_t k = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (!k || k > n) return 0;
    uint32_t u = k == 1 ? p[0] : p[0] & (0x7fu >> k);
    for (size_t i = 1; i < k; i++) {
        if (p[i] >> 6 != 2) return 0;
        u = u << 6 | (p[i] & 0x3f);
    }
    return u >= least[k] && u <= 0x10ffff && !(u >= 0xd800 && u < 0xe000) ? k : 0;
}

/* One character of k bytes; controls (C0, DEL, C1) as blanks. */
static void charset_put(charset_out *o, const unsigned char *p, size_t k)
{
    static const unsigned char blank = ' ';
    if ((k == 1 && (p[0] < 0x20 || p[0] == 0x7f)) || (k == 2 && p[0] == 0xc2 && p[1] < 0xa0)) p = &blank, k = 1;
    if (o->full || o->n + k >= o->cap) {
        o->full = true;
        return;
    }
    memcpy(o->out + o->n, p, k);
    o->n += k;
}

static void charset_unknown(charset_out *o)
{
    charset_put(o, (const unsigned char *)"\xef\xbf\xbd", 3);
}

static void charset_latin1(charset_out *o, unsigned char c)
{
    const unsigned char two[2] = {(unsigned char)(0xc0 | c >> 6), (unsigned char)(0x80 | (c & 0x3f))};
    if (c < 0x80) charset_put(o, &c, 1);
    else charset_put(o, two, 2);
}

/* ---- 2 sets ---- */

enum { CHARSET_EUC_JP = 1, CHARSET_EUC_KR, CHARSET_GB2312, CHARSET_GB18030, CHARSET_SINGLE };
/* The one-byte sets: number in ISO_IR, final byte of their escape to G1, name for iconv. */
static const struct {
    int ir;
    char final;
    const char *iconv;
} charset_single[] = {{100, 'A', "ISO-8859-1"}, {101, 'B', "ISO-8859-2"}, {109, 'C', "ISO-8859-3"}, {110, 'D', "ISO-8859-4"},
                      {126, 'F', "ISO-8859-7"}, {127, 'G', "ISO-8859-6"}, {138, 'H', "ISO-8859-8"}, {144, 'L', "ISO-8859-5"},
                      {148, 'M', "ISO-8859-9"}, {166, 'T', "TIS-620"},    {203, 'b', "ISO-8859-15"}};
enum { CHARSET_SINGLES = sizeof charset_single / sizeof *charset_single, CHARSET_OPEN = CHARSET_SINGLE + CHARSET_SINGLES };

typedef struct {
    iconv_t cd[CHARSET_OPEN]; /* opened where it is first needed */
    bool open[CHARSET_OPEN];
} charset_tables;

static void charset_close(charset_tables *t)
{
    for (int i = 0; i < CHARSET_OPEN; i++)
        if (t->open[i] && t->cd[i] != (iconv_t)-1) iconv_close(t->cd[i]);
}

/* Convert the one character that the n bytes at p are. */
static void charset_convert(charset_tables *t, int set, const unsigned char *p, size_t n, charset_out *o)
{
    static const char *const many[] = {
        [CHARSET_EUC_JP] = "EUC-JP", [CHARSET_EUC_KR] = "EUC-KR", [CHARSET_GB2312] = "GB2312", [CHARSET_GB18030] = "GB18030"};
    char in[4], out[8], *from = in, *to = out;
    size_t left = n, room = sizeof out;
    if (!t->open[set]) {
        t->cd[set] = iconv_open("UTF-8", set < CHARSET_SINGLE ? many[set] : charset_single[set - CHARSET_SINGLE].iconv);
        t->open[set] = true;
    }
    memcpy(in, p, n);
    if (t->cd[set] != (iconv_t)-1 && iconv(t->cd[set], &from, &left, &to, &room) != (size_t)-1 && !left && to > out)
        charset_put(o, (const unsigned char *)out, (size_t)(to - out));
    else {
        if (t->cd[set] != (iconv_t)-1) iconv(t->cd[set], NULL, NULL, NULL, NULL);
        charset_unknown(o);
    }
}

/* ---- 3 ISO 2022 ---- */

typedef enum { G0_ASCII, G0_ROMAJI, G0_X0208, G0_X0212 } charset_g0;
typedef enum { G1_NONE, G1_KATAKANA, G1_KOREAN, G1_CHINESE, G1_SINGLE } charset_g1; /* G1_SINGLE and up: + index */

typedef struct {
    int g0, g1;
} charset_state;

/* Follow the escape at p (n bytes are left); returns its length, 0 when it is none that is known. */
static size_t charset_escape(const unsigned char *p, size_t n, charset_state *s)
{
    static const struct {
        char bytes[4];
        int g0, g1; /* -1: stays */
    } known[] = {{"(B", G0_ASCII, -1},  {"(J", G0_ROMAJI, -1},   {"$B", G0_X0208, -1},   {"$@", G0_X0208, -1},
                 {"$(D", G0_X0212, -1}, {")I", -1, G1_KATAKANA}, {"$)C", -1, G1_KOREAN}, {"$)A", -1, G1_CHINESE}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t k = strlen(known[i].bytes);
        if (k >= n || memcmp(p + 1, known[i].bytes, k)) continue;
        if (known[i].g0 >= 0) s->g0 = known[i].g0;
        if (known[i].g1 >= 0) s->g1 = known[i].g1;
        return k + 1;
    }
    if (n < 3 || p[1] != '-') return 0;
    for (int i = 0; i < CHARSET_SINGLES; i++)
        if (p[2] == (unsigned char)charset_single[i].final) {
            s->g1 = G1_SINGLE + i;
            return 3;
        }
    return 0;
}

/* One character of G0 or G1; returns the bytes it took. */
static size_t charset_char(charset_tables *t, const unsigned char *p, size_t n, const charset_state *s, charset_out *o)
{
    unsigned char c = p[0];
    bool pair = n > 1 && p[1] >= 0x21 && p[1] < 0x7f;
    if (c < 0x80) {
        if ((s->g0 == G0_X0208 || s->g0 == G0_X0212) && c > 0x20 && c < 0x7f) {
            if (!pair) return charset_unknown(o), 1;
            const unsigned char euc[3] = {0x8f, c | 0x80, p[1] | 0x80};
            bool x0212 = s->g0 == G0_X0212;
            charset_convert(t, CHARSET_EUC_JP, euc + !x0212, 2 + x0212, o);
            return 2;
        }
        if (s->g0 == G0_ROMAJI && c == 0x7e) charset_put(o, (const unsigned char *)"\xe2\x80\xbe", 3);
        else charset_put(o, &c, 1);
        return 1;
    }
    if (s->g1 == G1_KOREAN || s->g1 == G1_CHINESE) {
        if (n < 2 || p[1] < 0xa1) return charset_unknown(o), 1;
        charset_convert(t, s->g1 == G1_KOREAN ? CHARSET_EUC_KR : CHARSET_GB2312, p, 2, o);
        return 2;
    }
    const unsigned char kana[2] = {0x8e, c};
    if (s->g1 == G1_KATAKANA) charset_convert(t, CHARSET_EUC_JP, kana, 2, o);
    else if (s->g1 >= G1_SINGLE) charset_convert(t, CHARSET_SINGLE + s->g1 - G1_SINGLE, &c, 1, o);
    else charset_unknown(o);
    return 1;
}

static void charset_2022(charset_state first, const unsigned char *p, size_t n, bool name, charset_out *o)
{
    charset_tables t = {.open = {false}};
    charset_state s = first;
    for (size_t i = 0, k; i < n; i += k) {
        bool wide = s.g0 == G0_X0208 || s.g0 == G0_X0212; /* a byte of a pair is no delimiter */
        if (p[i] == 0x1b && (k = charset_escape(p + i, n - i, &s))) continue;
        if (p[i] == '\n' || p[i] == '\r' || p[i] == '\f' || p[i] == '\t' || (!wide && p[i] == '\\') ||
            (!wide && name && (p[i] == '^' || p[i] == '='))) {
            charset_put(o, p + i, 1);
            s = first;
            k = 1;
        } else k = charset_char(&t, p + i, n - i, &s, o);
    }
    charset_close(&t);
}

/* ---- 4 whole texts ---- */

static void charset_utf8(const unsigned char *p, size_t n, charset_out *o)
{
    for (size_t i = 0, k; i < n; i += k) {
        k = lm_charset_utf8_length(p + i, n - i);
        if (k) charset_put(o, p + i, k);
        else charset_unknown(o), k = 1;
    }
}

/* GB 18030, of which GBK is a part: one, two or four bytes. */
static void charset_gb18030(const unsigned char *p, size_t n, charset_out *o)
{
    charset_tables t = {.open = {false}};
    for (size_t i = 0, k; i < n; i += k) {
        k = p[i] < 0x80 ? 1 : i + 1 < n && p[i + 1] >= 0x30 && p[i + 1] < 0x3a ? 4 : 2;
        if (k == 1) charset_put(o, p + i, 1);
        else if (p[i] == 0x80 || p[i] == 0xff || i + k > n) charset_unknown(o), k = 1;
        else charset_convert(&t, CHARSET_GB18030, p + i, k, o);
    }
    charset_close(&t);
}

static void charset_guess(const unsigned char *p, size_t n, charset_out *o)
{
    bool utf8 = true;
    for (size_t i = 0, k; i < n && utf8; i += k) utf8 = (k = lm_charset_utf8_length(p + i, n - i)) > 0;
    if (utf8) charset_utf8(p, n, o);
    else
        for (size_t i = 0; i < n; i++) charset_latin1(o, p[i]);
}

/* What the first set listed puts into G0 and G1; false: not known. */
static bool charset_first(const char *term, size_t n, charset_state *s)
{
    static const char *const prefix[] = {"ISO_IR ", "ISO 2022 IR ", "ISO-IR ", "ISO IR "}; /* the last two are seen in the wild */
    int ir = 0;
    *s = (charset_state){G0_ASCII, G1_NONE};
    for (size_t i = 0; i < sizeof prefix / sizeof *prefix && !ir; i++) {
        size_t k = strlen(prefix[i]);
        if (n <= k || memcmp(term, prefix[i], k)) continue;
        for (size_t j = k; j < n && j < k + 4 && term[j] >= '0' && term[j] <= '9'; j++) ir = 10 * ir + (term[j] - '0');
    }
    for (int i = 0; i < CHARSET_SINGLES; i++)
        if (ir == charset_single[i].ir) s->g1 = G1_SINGLE + i;
    if (ir == 13) *s = (charset_state){G0_ROMAJI, G1_KATAKANA};
    if (ir == 149) s->g1 = G1_KOREAN; /* against the standard as a first set, but seen */
    if (ir == 58) s->g1 = G1_CHINESE;
    return ir == 6 || ir == 13 || ir == 87 || ir == 159 || s->g1 != G1_NONE;
}

static bool charset_is(const char *term, size_t n, const char *name)
{
    return n == strlen(name) && !memcmp(term, name, n);
}

void lm_charset_utf8(const char *set, size_t n_set, const char *text, size_t n, bool name, char *out, size_t cap)
{
    const unsigned char *p = (const unsigned char *)text;
    charset_out o = {out, 0, cap, false};
    charset_state first;
    const char *several = n_set ? memchr(set, '\\', n_set) : NULL;
    size_t one = several ? (size_t)(several - set) : n_set;
    while (one && (set[one - 1] == ' ' || !set[one - 1])) one--;
    while (one && *set == ' ') set++, one--;
    n = strnlen(text, n);
    bool escapes = memchr(text, 0x1b, n) != NULL;
    if (charset_is(set, one, "ISO_IR 192")) charset_utf8(p, n, &o);
    else if (charset_is(set, one, "GB18030") || charset_is(set, one, "GBK")) charset_gb18030(p, n, &o);
    else if (charset_first(set, one, &first) || several || escapes) charset_2022(first, p, n, name, &o);
    else charset_guess(p, n, &o);
    while (o.n && out[o.n - 1] == ' ') o.n--;
    out[o.n] = 0;
}
