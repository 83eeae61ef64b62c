/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 parsing, 2 values, 3 matching, 4 files */
#include "dicom/where.h"
#include "base/mem.h"
#include "base/num.h"
#include "dicom/charset.h"
#include "dicom/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHERE_LITERAL = 512, WHERE_NODES = 512, WHERE_UTF8 = 3 * LM_GDCM_VALUE + 1, WHERE_WORK_MB = 16 };
typedef enum { OP_EXISTS, OP_MATCH, OP_NO_MATCH, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE } where_op;
typedef enum { NODE_AND, NODE_OR, NODE_NOT, NODE_TEST } where_kind;

typedef struct {
    uint32_t tag;
    size_t index; /* item of a sequence, value of an element: from 1, 0: not asked */
} where_step;

typedef struct {
    where_kind kind;
    size_t a, b; /* operands */
    where_op op;
    where_step step[LM_WHERE_PATH + 1]; /* the sequences, then the element */
    size_t sequences;
    bool nested; /* ask the tree: within sequences, or is one */
    size_t tag;  /* else: place in tags */
    char vr[2];  /* by the dictionary */
    bool is_number;
    double number;
    char *text;
    lm_select *regex;
} where_node;

struct lm_where {
    where_node *node;
    size_t n, cap, root, n_tags;
    bool nested;                 /* one of the nodes is */
    uint32_t tag[LM_WHERE_TAGS]; /* [0]: Specific Character Set */
};

void lm_where_release(lm_where *w)
{
    if (!w) return;
    for (size_t i = 0; i < w->n; i++) {
        free(w->node[i].text);
        lm_select_release(w->node[i].regex);
    }
    free(w->node);
    free(w);
}

const uint32_t *lm_where_tags(const lm_where *w, size_t *n)
{
    *n = w->n_tags;
    return w->tag;
}

bool lm_where_nested(const lm_where *w)
{
    return w->nested;
}

/* ---- 1 parsing ---- */

typedef struct {
    lm_where *w;
    const char *from, *p;
    int depth;
    lm_err *err;
} where_in;

static lm_status where_bad(const where_in *in, const char *what)
{
    return lm_err_set(in->err, LM_EUSAGE, NULL, "condition '%.60s', at character %zu: %s", in->from, (size_t)(in->p - in->from) + 1,
                      what);
}

static void where_blanks(where_in *in)
{
    while (*in->p == ' ' || *in->p == '\t' || *in->p == '\n') in->p++;
}

static bool where_take(where_in *in, const char *token)
{
    where_blanks(in);
    if (strncmp(in->p, token, strlen(token))) return false;
    in->p += strlen(token);
    return true;
}

static lm_status where_node_new(where_in *in, where_kind kind, size_t a, size_t b, size_t *at)
{
    lm_where *w = in->w;
    if (w->n == WHERE_NODES) return where_bad(in, "too many conditions");
    lm_status rc = lm_mem_grow(&w->node, &w->cap, w->n + 1, sizeof *w->node, in->err);
    if (rc) return rc;
    w->node[w->n] = (where_node){.kind = kind, .a = a, .b = b};
    *at = w->n++;
    return LM_OK;
}

static bool where_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool where_hex(const char *p, size_t n, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF", *at = p[i] ? strchr(digits, p[i]) : NULL;
        if (!at) return false;
        *out = *out << 4 | ((uint32_t)(at - digits) & 15);
    }
    return true;
}

/* "(0018,0050)", which an opening bracket of an expression cannot be. */
static bool where_number_tag(where_in *in, uint32_t *tag)
{
    uint32_t group, element;
    where_blanks(in);
    if (in->p[0] != '(' || !where_hex(in->p + 1, 4, &group) || in->p[5] != ',' || !where_hex(in->p + 6, 4, &element) ||
        in->p[10] != ')')
        return false;
    in->p += 11;
    *tag = group << 16 | element;
    return true;
}

/* Keyword or tag, with its [number]. */
static lm_status where_one(where_in *in, where_step *e)
{
    if (!where_number_tag(in, &e->tag)) {
        char word[80];
        size_t n = 0;
        while (n < sizeof word - 1 && (where_letter(in->p[n]) || (n && in->p[n] >= '0' && in->p[n] <= '9'))) n++;
        if (!n) return where_bad(in, "a keyword of DICOM, such as SeriesDescription, or a tag, (0008,103e), is expected");
        memcpy(word, in->p, n);
        word[n] = 0;
        if (!(e->tag = lm_gdcm_tag(word))) return where_bad(in, "this is no keyword of the DICOM dictionary");
        in->p += n;
    }
    if (e->tag >> 16 >= 0x7fe0) return where_bad(in, "pixel data and what follows them cannot be asked for");
    e->index = 0;
    if (!where_take(in, "[")) return LM_OK;
    where_blanks(in);
    size_t n = strspn(in->p, "0123456789");
    char digits[8];
    snprintf(digits, sizeof digits, "%.*s", n < 7 ? (int)n : 7, in->p);
    if (!lm_num_size(digits, LM_WHERE_INDEX, &e->index) || !e->index)
        return where_bad(in, "the number of a value or an item is expected, 1 to 65536");
    in->p += n;
    return where_take(in, "]") ? LM_OK : where_bad(in, "']' is expected");
}

/* Sequences, parted by dots, and the element within them. */
static lm_status where_element(where_in *in, where_node *t)
{
    lm_where *w = in->w;
    lm_status rc = where_one(in, &t->step[0]);
    while (!rc && where_take(in, ".")) {
        char vr[2];
        lm_gdcm_vr(t->step[t->sequences].tag, vr);
        if (memcmp(vr, "SQ", 2) && memcmp(vr, "UN", 2)) return where_bad(in, "what stands before the dot is no sequence");
        if (t->sequences == LM_WHERE_PATH) return where_bad(in, "too many sequences within each other");
        where_blanks(in);
        rc = where_one(in, &t->step[++t->sequences]);
    }
    if (rc) return rc;
    const uint32_t tag = t->step[t->sequences].tag;
    lm_gdcm_vr(tag, t->vr);
    t->nested = t->sequences || !memcmp(t->vr, "SQ", 2);
    w->nested |= t->nested;
    if (t->nested) return LM_OK;
    for (t->tag = 0; t->tag < w->n_tags && w->tag[t->tag] != tag;) t->tag++;
    if (t->tag == LM_WHERE_TAGS) return where_bad(in, "too many elements");
    if (t->tag == w->n_tags) w->tag[w->n_tags++] = tag;
    return LM_OK;
}

static lm_status where_operator(where_in *in, where_op *op)
{
    static const struct {
        const char *token;
        where_op op;
    } ops[] = {{"!~", OP_NO_MATCH}, {"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE},
               {"~", OP_MATCH},     {"=", OP_EQ},  {"<", OP_LT},  {">", OP_GT}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (where_take(in, ops[i].token)) {
            *op = ops[i].op;
            return LM_OK;
        }
    return where_bad(in, "one of ~ !~ = != < <= > >= is expected");
}

static lm_status where_literal(where_in *in, where_node *t)
{
    char buf[WHERE_LITERAL];
    size_t n = 0;
    where_blanks(in);
    char quote = *in->p == '"' || *in->p == '\'' ? *in->p++ : 0;
    for (; *in->p && (quote ? *in->p != quote : !strchr(" \t\n()&|!=<>~\"'", *in->p)); in->p++) {
        if (quote && in->p[0] == '\\' && in->p[1] == quote) in->p++;
        if (n == sizeof buf - 1) return where_bad(in, "the text is too long");
        buf[n++] = *in->p;
    }
    if (quote && *in->p++ != quote) return in->p--, where_bad(in, "the quote is not closed");
    if (!quote && !n) return where_bad(in, "a value is expected");
    buf[n] = 0;
    t->is_number = !quote && lm_num_all(buf, &t->number);
    if (t->op == OP_MATCH || t->op == OP_NO_MATCH) return lm_select_new(buf, &t->regex, in->err);
    return (t->text = strdup(buf)) ? LM_OK : lm_err_nomem(in->err, n);
}

static lm_status where_test(where_in *in, size_t *at)
{
    lm_status rc = where_node_new(in, NODE_TEST, 0, 0, at);
    if (rc) return rc;
    where_node *t = &in->w->node[*at];
    where_blanks(in);
    bool exists = !strncmp(in->p, "exists", 6) && (in->p[6] == ' ' || in->p[6] == '\t' || in->p[6] == '(');
    if (exists) in->p += 6;
    where_blanks(in);
    if ((rc = where_element(in, t)) || exists) return rc;
    if (!memcmp(t->vr, "SQ", 2)) return where_bad(in, "a sequence has no value; ask for an element in it: Sequence.Element");
    rc = where_operator(in, &t->op);
    return rc ? rc : where_literal(in, t);
}

static lm_status where_or(where_in *in, size_t *at);

static lm_status where_unary(where_in *in, size_t *at)
{
    lm_status rc;
    uint32_t tag;
    if (in->depth == LM_WHERE_DEPTH) return where_bad(in, "nested too deeply");
    in->depth++;
    where_blanks(in);
    const char *start = in->p;
    bool element = where_number_tag(in, &tag);
    in->p = start;
    if (where_take(in, "!")) {
        rc = where_unary(in, at);
        if (!rc) rc = where_node_new(in, NODE_NOT, *at, 0, at);
    } else if (!element && where_take(in, "(")) {
        rc = where_or(in, at);
        if (!rc && !where_take(in, ")")) rc = where_bad(in, "')', && or || is expected");
    } else rc = where_test(in, at);
    in->depth--;
    return rc;
}

static lm_status where_and(where_in *in, size_t *at)
{
    size_t right;
    lm_status rc = where_unary(in, at);
    while (!rc && where_take(in, "&&"))
        if (!(rc = where_unary(in, &right))) rc = where_node_new(in, NODE_AND, *at, right, at);
    return rc;
}

static lm_status where_or(where_in *in, size_t *at)
{
    size_t right;
    lm_status rc = where_and(in, at);
    while (!rc && where_take(in, "||"))
        if (!(rc = where_and(in, &right))) rc = where_node_new(in, NODE_OR, *at, right, at);
    return rc;
}

lm_status lm_where_new(const char *text, lm_where **ret, lm_err *err)
{
    if (strlen(text) > LM_WHERE_TEXT)
        return lm_err_set(err, LM_EUSAGE, NULL, "a condition of more than %d characters", (int)LM_WHERE_TEXT);
    lm_where *w = lm_mem_calloc(1, sizeof *w, err);
    if (!w) return LM_ENOMEM;
    where_in in = {w, text, text, 0, err};
    w->tag[w->n_tags++] = 0x00080005;
    lm_status rc = where_or(&in, &w->root);
    where_blanks(&in);
    if (!rc && *in.p) rc = where_bad(&in, "&&, || or the end is expected");
    if (rc) lm_where_release(w);
    else *ret = w;
    return rc;
}

/* ---- 2 values ---- */

static size_t where_bytes(const lm_gdcm_value *v)
{
    return v->length < 0 ? 0 : v->length < LM_GDCM_VALUE ? (size_t)v->length : LM_GDCM_VALUE;
}

/* The index-th (from 0) number of a binary VR; *size is 0 when it is none. */
static bool where_binary(const char vr[2], const lm_gdcm_value *v, size_t index, size_t *size, double *out)
{
    static const struct {
        char vr[3];
        size_t size;
    } kinds[] = {{"US", 2}, {"SS", 2}, {"UL", 4}, {"SL", 4}, {"FL", 4}, {"FD", 8}, {"UV", 8}, {"SV", 8}};
    *size = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!memcmp(vr, kinds[i].vr, 2)) *size = kinds[i].size;
    if (!*size || (index + 1) * *size > where_bytes(v)) return false;
    union {
        uint16_t us;
        int16_t ss;
        uint32_t ul;
        int32_t sl;
        float fl;
        double fd;
        uint64_t uv;
        int64_t sv;
    } u;
    memcpy(&u, v->bytes + index * *size, *size);
    *out = vr[1] == 'V'                    ? (vr[0] == 'U' ? (double)u.uv : (double)u.sv)
           : *size == 8                    ? u.fd
           : vr[0] == 'F'                  ? (double)u.fl
           : *size == 2                    ? (vr[0] == 'U' ? (double)u.us : (double)u.ss)
           : /* four bytes */ vr[0] == 'U' ? (double)u.ul
                                           : (double)u.sl;
    return *out - *out == 0; /* finite */
}

static bool where_one_of(const char vr[2], const char *const *list)
{
    for (; *list; list++)
        if (!memcmp(vr, *list, 2)) return true;
    return false;
}

/* Value as text: all of it, or (which > 0) the which-th; false when it is empty. */
static bool where_text(const char vr[2], const lm_gdcm_value *set, const lm_gdcm_value *v, size_t which, char out[WHERE_UTF8])
{
    static const char *const free_text[] = {"LO", "LT", "PN", "SH", "ST", "UC", "UT", "UN", NULL}, *const single[] = {"LT", "ST",
                                                                                                                      "UT", "UR",
                                                                                                                      NULL};
    bool local = where_one_of(vr, free_text);
    lm_charset_utf8(local ? set->bytes : "ISO_IR 6", local ? where_bytes(set) : 8, v->bytes, where_bytes(v), !memcmp(vr, "PN", 2),
                    out, WHERE_UTF8);
    char *p = out;
    if (which && !where_one_of(vr, single)) {
        for (; which > 1; which--) {
            if (!(p = strchr(p, '\\'))) return false;
            p++;
        }
        p[strcspn(p, "\\")] = 0;
    } else if (which > 1) return false;
    p += strspn(p, " ");
    size_t n = strlen(p);
    while (n && p[n - 1] == ' ') n--;
    memmove(out, p, n);
    out[n] = 0;
    return n > 0;
}

/* ---- 3 matching ---- */

static bool where_order(where_op op, int cmp)
{
    switch (op) {
    case OP_EQ: return cmp == 0;
    case OP_NE: return cmp != 0;
    case OP_LT: return cmp < 0;
    case OP_LE: return cmp <= 0;
    case OP_GT: return cmp > 0;
    default: return cmp >= 0;
    }
}

/* One value; set: the Specific Character Set in force. */
static lm_status where_holds(const where_node *t, const lm_gdcm_value *set, const lm_gdcm_value *v, bool *hit, lm_err *err)
{
    const char *vr = v->vr[0] && memcmp(v->vr, "UN", 2) ? v->vr : t->vr;
    const size_t index = t->step[t->sequences].index;
    char text[WHERE_UTF8];
    size_t size;
    double x;
    bool regex = t->op == OP_MATCH || t->op == OP_NO_MATCH;
    *hit = false;
    bool number = where_binary(vr, v, index ? index - 1 : 0, &size, &x);
    if (size && !number) return LM_OK;
    if (size) {
        char digits[LM_NUM_TEXT];
        lm_num_f64(x, digits);
        snprintf(text, sizeof text, "%s", digits);
    } else if (!where_text(vr, set, v, regex || t->op == OP_EXISTS ? index : index ? index : 1, text)) return LM_OK;
    if (t->op == OP_EXISTS) *hit = true;
    else if (regex) {
        lm_status rc = lm_select_match(t->regex, text, hit, err);
        if (rc) return rc;
        *hit = *hit == (t->op == OP_MATCH);
    } else if (t->is_number) *hit = (size || lm_num_all(text, &x)) && where_order(t->op, (x > t->number) - (x < t->number));
    else *hit = where_order(t->op, strcmp(text, t->text));
    return LM_OK;
}

static lm_gdcm_value where_value(const lm_tree_item *item, uint32_t tag)
{
    size_t n;
    const void *p = lm_tree_bytes(item, tag, &n);
    lm_gdcm_value v = {.length = p && n <= INT32_MAX ? (int)n : -1};
    if (p) memcpy(v.bytes, p, where_bytes(&v));
    memcpy(v.vr, lm_tree_vr(item, tag), lm_tree_has(item, tag) ? 2 : 0);
    return v;
}

/* Does it hold in one of the items that steps `at` and on lead to? Recursion ends with the steps. */
static lm_status where_within(const where_node *t, size_t at, const lm_tree_item *item, const lm_gdcm_value *set, bool *hit,
                              lm_err *err)
{
    const where_step *e = &t->step[at];
    const size_t items = lm_tree_items(item, e->tag);
    const lm_gdcm_value own = where_value(item, 0x00080005);
    if (own.length > 0) set = &own; /* PS3.3 C.12.1.1.2: a nested data set may have its own */
    *hit = false;
    if (at == t->sequences && t->op == OP_EXISTS && items) {
        *hit = e->index <= items;
        return LM_OK;
    }
    if (at == t->sequences) {
        const lm_gdcm_value v = where_value(item, e->tag);
        return where_holds(t, set, &v, hit, err);
    }
    lm_status rc = LM_OK;
    for (size_t i = e->index ? e->index - 1 : 0; i < (e->index && e->index < items ? e->index : items) && !rc && !*hit; i++)
        rc = where_within(t, at + 1, lm_tree_at(item, e->tag, i), set, hit, err);
    return rc;
}

static lm_status where_eval(const lm_where *w, size_t at, const lm_gdcm_value *value, const lm_tree_item *root, bool *hit,
                            lm_err *err)
{
    const where_node *n = &w->node[at];
    if (n->kind == NODE_TEST)
        return n->nested ? where_within(n, 0, root, &value[0], hit, err) : where_holds(n, &value[0], &value[n->tag], hit, err);
    lm_status rc = where_eval(w, n->a, value, root, hit, err);
    if (rc) return rc;
    if (n->kind == NODE_NOT) *hit = !*hit;
    else if (*hit == (n->kind == NODE_AND)) rc = where_eval(w, n->b, value, root, hit, err);
    return rc;
}

lm_status lm_where_match(const lm_where *w, const lm_gdcm_value *value, const lm_tree_item *root, bool *hit, lm_err *err)
{
    return where_eval(w, w->root, value, root, hit, err);
}

/* ---- 4 files ---- */

size_t lm_where_memory(const lm_where *w, size_t size)
{
    return w->nested ? 6 * size + ((size_t)4 * WHERE_WORK_MB << 20) : 0;
}

/* The data set with its sequences, in this process. */
static bool where_tree(const lm_gdcm_file *from, size_t size, lm_tree **t)
{
    const lm_gdcm_tree_opt opt = {SIZE_MAX, 0, LM_TREE_DEPTH};
    const size_t cap = 2 * size + ((size_t)WHERE_WORK_MB << 20); /* each element takes at most twice what it takes in the file */
    size_t used;
    void *flat = lm_mem_alloc(cap, 1, NULL);
    bool good = flat && lm_gdcm_tree(from, &opt, flat, cap, &used) == LM_GDCM_OK && !lm_tree_rebuild(flat, used, t, NULL);
    free(flat);
    return good;
}

lm_where_answer lm_where_file(const lm_where *w, const lm_gdcm_file *from, size_t size, bool deflated)
{
    lm_gdcm_value value[LM_WHERE_TAGS];
    lm_tree *t = NULL;
    bool hit = false;
    if (lm_gdcm_header(from, deflated, w->tag, w->n_tags, value) != LM_GDCM_OK || (w->nested && !where_tree(from, size, &t)))
        return LM_WHERE_UNREAD;
    lm_status rc = lm_where_match(w, value, t ? lm_tree_root(t) : NULL, &hit, NULL);
    lm_tree_release(t);
    return rc ? LM_WHERE_SLOW : hit ? LM_WHERE_YES : LM_WHERE_NO;
}
