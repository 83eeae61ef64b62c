/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/terms.h"
#include "volume/termlist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TERMS_TEXT = 63, TERMS_LETTERS = 2, TERMS_NUMBERS = 2 };

typedef struct {
    int words, letters, numbers;
} terms_seen;

/* Umlauts and the accents of Latin letters as ASCII letters; returns the bytes read, 0 when p is no such letter. */
static size_t terms_fold(const unsigned char *p, char out[3])
{
    static const struct {
        unsigned char second;
        char to[3];
    } latin[] = {{0x84, "ae"}, {0x96, "oe"}, {0x9c, "ue"}, {0x9f, "ss"}, {0xa0, "a"}, {0xa1, "a"}, {0xa2, "a"}, {0xa4, "ae"},
                 {0xa6, "ae"}, {0xa7, "c"},  {0xa8, "e"},  {0xa9, "e"},  {0xaa, "e"}, {0xab, "e"}, {0xad, "i"}, {0xae, "i"},
                 {0xaf, "i"},  {0xb3, "o"},  {0xb4, "o"},  {0xb6, "oe"}, {0xba, "u"}, {0xbb, "u"}, {0xbc, "ue"}};
    if (p[0] != 0xc3) return 0;
    for (size_t i = 0; i < sizeof latin / sizeof *latin; i++)
        if (p[1] == latin[i].second) {
            memcpy(out, latin[i].to, 3);
            return 2;
        }
    return 0;
}

static bool terms_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool terms_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool terms_letter(char c)
{
    return terms_upper(c) || (c >= 'a' && c <= 'z');
}

static int terms_cmp(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

static bool terms_in(const char *word, const char *const *list, size_t n)
{
    return bsearch(word, list, n, sizeof *list, terms_cmp) != NULL;
}

/* A vertebra: its letter and a number that the spine has. */
static bool terms_level(const char *w)
{
    static const struct {
        const char *name;
        int most;
    } spine[] = {{"c", 8},   {"t", 12},   {"th", 12}, {"d", 12},  {"l", 6},    {"s", 5},
                 {"hwk", 7}, {"bwk", 12}, {"lwk", 6}, {"swk", 5}, {"rib", 12}, {"costa", 12}};
    size_t letters = strcspn(w, "0123456789");
    int n = atoi(w + letters);
    if (!w[letters] || strlen(w + letters) > 2 || n < 1) return false;
    for (size_t i = 0; i < sizeof spine / sizeof *spine; i++)
        if (strlen(spine[i].name) == letters && !memcmp(w, spine[i].name, letters)) return n <= spine[i].most;
    return false;
}

static bool terms_roman(const char *w)
{
    static const char *const roman[] = {"i", "ii", "iii", "iv", "v", "vi", "vii", "viii"};
    for (size_t i = 0; i < sizeof roman / sizeof *roman; i++)
        if (!strcmp(w, roman[i])) return true;
    return false;
}

/* One word of lower-case letters and digits. */
static bool terms_word(const char *w, terms_seen *seen)
{
    static const char *const spine[] = {"hwk", "bwk", "lwk"};
    if (terms_level(w)) return seen->words++, true;
    for (size_t i = 0; i < sizeof spine / sizeof *spine; i++)
        if (!strcmp(w, spine[i])) return seen->words++, true;
    if (strspn(w, "0123456789") == strlen(w)) return strlen(w) <= 2 && ++seen->numbers <= TERMS_NUMBERS;
    if (terms_in(w, lm_termlist_word, lm_termlist_word_count)) return seen->words++, true;
    if (terms_roman(w)) return ++seen->letters <= TERMS_LETTERS;
    if (!terms_in(w, lm_termlist_link, lm_termlist_link_count)) return false;
    return w[1] || ++seen->letters <= TERMS_LETTERS;
}

static bool terms_piece(const char *p, size_t n, terms_seen *seen)
{
    char w[TERMS_TEXT + 1];
    for (size_t i = 0; i < n; i++) w[i] = terms_upper(p[i]) ? (char)(p[i] - 'A' + 'a') : p[i];
    w[n] = 0;
    return terms_word(w, seen);
}

/* A run of letters and digits: one word, or several written as one. */
static bool terms_run(const char *p, size_t n, terms_seen *seen)
{
    terms_seen before = *seen;
    if (terms_piece(p, n, seen)) return true;
    *seen = before;
    size_t from = 0;
    for (size_t i = 1; i <= n; i++) {
        bool cut = i == n || (terms_upper(p[i]) && !terms_upper(p[i - 1])) || terms_digit(p[i]) != terms_digit(p[i - 1]) ||
                   (i + 1 < n && terms_upper(p[i]) && terms_letter(p[i + 1]) && !terms_upper(p[i + 1]));
        if (!cut) continue;
        if (from == 0 && i == n) return false; /* it was tried whole */
        if (!terms_piece(p + from, i - from, seen)) return false;
        from = i;
    }
    return true;
}

bool lm_terms_known(const char *text)
{
    char flat[2 * TERMS_TEXT + 1];
    size_t n = 0;
    terms_seen seen = {0};
    if (strlen(text) > TERMS_TEXT) return false;
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        char two[3];
        size_t used = terms_fold(p, two);
        if (!used) flat[n++] = (char)*p++;
        else {
            for (const char *c = two; *c; c++) flat[n++] = *c;
            p += used;
        }
    }
    flat[n] = 0;
    for (size_t i = 0; i < n;) {
        size_t k = 0;
        while (i + k < n && (terms_letter(flat[i + k]) || terms_digit(flat[i + k]))) k++;
        if (k > TERMS_TEXT || (k && !terms_run(flat + i, k, &seen))) return false;
        if (!k && !strchr(" _-.,/+&()[]:", flat[i])) return false;
        i += k ? k : 1;
    }
    return seen.words > 0;
}

void lm_terms_name(const char *text, uint32_t label, bool keep_names, char *out, size_t cap)
{
    size_t n = 0;
    bool blank = true;
    if (keep_names || lm_terms_known(text)) {
        for (; text[n] && n + 1 < cap; n++) {
            unsigned char c = (unsigned char)text[n];
            out[n] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
            blank &= out[n] == ' ';
        }
        if (text[n]) /* not through the middle of a character */
            while (n && ((unsigned char)text[n] & 0xc0) == 0x80) n--;
        out[n] = 0;
    }
    if (blank) snprintf(out, cap, "part-%u", (unsigned)label);
}
