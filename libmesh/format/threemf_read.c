/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names in this file begin with tmr: 3MF reader. Contents: 1 state, 2 names and numbers, 3 elements, 4 one model part, 5
 * relationships, 6 the whole package */
#include "format/threemf_read.h"
#include "base/mem.h"
#include "format/package.h"
#include "format/threemf_model.h"
#include "format/threemf_scan.h"

#include <expat.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORE "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
#define PRODUCTION "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
#define SLICE "http://schemas.microsoft.com/3dmanufacturing/slice/2015/07"
#define LATTICE "http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02"
#define OURS "urn:meshqa:3mf:1"
#define XML_NS "http://www.w3.org/XML/1998/namespace"
#define RELS "http://schemas.openxmlformats.org/package/2006/relationships"
#define START "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"

/* ---- 1 state ---- */

typedef enum {
    TMR_TOP,
    TMR_IN_MODEL,
    TMR_METADATA,
    TMR_RESOURCES,
    TMR_BUILD,
    TMR_OBJECT,
    TMR_MESH,
    TMR_VERTICES,
    TMR_TRIANGLES,
    TMR_COMPONENTS,
    TMR_LEAF
} tmr_in;

typedef struct {
    lm_package *pack;
    lm_records *rec;
    lm_err *err;
    lm_status rc;
    XML_Parser parser;
    /* model parts: the root first */
    char *part[LM_THREEMF_PARTS];
    size_t parts, now;
    lm_threemf_model m;
    /* references of the root into other parts, resolved when all are read */
    struct tmr_ref {
        bool of_item;
        size_t use;
        uint32_t part, id;
    } * ref;
    size_t refs, rcap;
    uint32_t *ids; /* resource ids of this part */
    size_t nids, idcap;
    /* of the part being read */
    tmr_in state[LM_THREEMF_DEPTH];
    size_t depth, skip; /* skip: depth inside an element of a foreign namespace */
    double unit;
    bool has_build, has_resources, has_model;
    bool fast; /* vertices or triangles have just begun, at the end of what was fed */
    struct {
        char prefix[32], uri[128];
    } ns[32];
    size_t nss;
    char meta[64][64];
    size_t metas;
    char text[16]; /* of the metadata that is wanted */
    size_t texts;
    bool want_text;
    uint32_t materials, bases; /* id of the base materials being read, and how many there are so far */
    size_t bad_colors;
    size_t foreign; /* unknown attributes */
    char foreign_name[80];
    /* relationships */
    char start[512];
    size_t starts;
} tmr;

static bool tmr_fail(tmr *r, lm_status rc)
{
    r->rc = rc;
    if (r->parser) XML_StopParser(r->parser, XML_FALSE);
    return false;
}
#define TMR_FAIL(r, rule, ...) tmr_fail(r, lm_err_set((r)->err, LM_ERULE, rule, __VA_ARGS__))

/* ---- 2 names and numbers ---- */

/* Local name of "uri|name" when uri is ns, else NULL. */
static const char *tmr_local(const char *name, const char *ns)
{
    size_t n = strlen(ns);
    return !strncmp(name, ns, n) && name[n] == '|' ? name + n + 1 : NULL;
}

static const char *tmr_attr(const char **a, const char *name)
{
    for (; *a; a += 2)
        if (!strcmp(*a, name)) return a[1];
    return NULL;
}

static bool tmr_number_all(const char *s, double *v)
{
    const char *end = s + strlen(s);
    while (s < end && lm_threemf_scan_blank(*s)) s++;
    while (s < end && lm_threemf_scan_blank(end[-1])) end--;
    return s < end && lm_threemf_scan_number(s, end, v) == end;
}

static bool tmr_u32_all(const char *s, uint32_t *v)
{
    const char *end = s ? s + strlen(s) : s;
    return s && lm_threemf_scan_u32(s, end, v) == end;
}

static bool tmr_room(tmr *r, void *p, size_t *cap, size_t need, size_t size)
{
    lm_status rc = need <= *cap ? LM_OK : lm_mem_grow(p, cap, need, size, r->err);
    return rc ? tmr_fail(r, rc) : true;
}

/* "m00 ... m32", or NULL: identity. */
static bool tmr_transform(tmr *r, const char *s, lm_threemf_use *u)
{
    static const double identity[12] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
    memcpy(u->m, identity, sizeof identity);
    u->moved = s != NULL;
    if (!s) return true;
    const char *end = s + strlen(s), *p = s;
    for (int i = 0; i < 12; i++) {
        while (p < end && lm_threemf_scan_blank(*p)) p++;
        const char *q = lm_threemf_scan_number(p, end, &u->m[i]);
        if (!q || (q < end && !lm_threemf_scan_blank(*q)))
            return TMR_FAIL(r, "3MF-17", "the transform '%.60s' is not twelve numbers", s);
        p = q;
    }
    while (p < end && lm_threemf_scan_blank(*p)) p++;
    if (p < end) return TMR_FAIL(r, "3MF-17", "the transform '%.60s' is not twelve numbers", s);
    for (int i = 9; i < 12; i++) u->m[i] *= r->unit;
    return true;
}

/* ---- 3 elements ---- */

/* What the schema knows; an attribute of no namespace that is not here is told. */
static const struct {
    const char *element, *attrs;
} tmr_known[] = {
    {"model", " unit requiredextensions recommendedextensions "},
    {"metadatagroup", " "},
    {"metadata", " name type preserve "},
    {"resources", " "},
    {"build", " "},
    {"basematerials", " id "},
    {"base", " name displaycolor "},
    {"object", " id type name partnumber thumbnail pid pindex "},
    {"mesh", " "},
    {"vertices", " "},
    {"vertex", " x y z "},
    {"triangles", " "},
    {"triangle", " v1 v2 v3 p1 p2 p3 pid "},
    {"components", " "},
    {"component", " objectid transform "},
    {"item", " objectid transform partnumber "},
};

static bool tmr_check_attrs(tmr *r, const char *element, const char **a)
{
    char word[66];
    size_t i = 0;
    while (i < sizeof tmr_known / sizeof *tmr_known && strcmp(tmr_known[i].element, element)) i++;
    if (i == sizeof tmr_known / sizeof *tmr_known) return TMR_FAIL(r, "3MF-03", "<%.40s> is no element of 3MF", element);
    for (; *a; a += 2) {
        const char *xml = tmr_local(*a, XML_NS);
        if (xml && !strcmp(xml, "space")) return TMR_FAIL(r, "3MF-03", "xml:space in <%s> is not allowed", element);
        if (strchr(*a, '|')) continue;
        if ((size_t)snprintf(word, sizeof word, " %s ", *a) < sizeof word && strstr(tmr_known[i].attrs, word)) continue;
        if (!r->foreign++) snprintf(r->foreign_name, sizeof r->foreign_name, "%.30s of <%.30s>", *a, element);
    }
    return true;
}

/* Extensions that must be understood: by prefix. */
static bool tmr_required(tmr *r, const char *list)
{
    static const char *const known[] = {CORE,
                                        PRODUCTION,
                                        SLICE,
                                        "http://schemas.microsoft.com/3dmanufacturing/material/2015/02",
                                        "http://schemas.microsoft.com/3dmanufacturing/trianglesets/2021/07",
                                        NULL};
    while (list && *(list += strspn(list, " \t\r\n"))) {
        size_t n = strcspn(list, " \t\r\n"), i = 0, k = 0;
        while (i < r->nss && (strlen(r->ns[i].prefix) != n || strncmp(r->ns[i].prefix, list, n))) i++;
        if (i == r->nss)
            return TMR_FAIL(r, "3MF-06", "the required extension '%.*s' is not declared", (int)(n < 40 ? n : 40), list);
        while (known[k] && strcmp(known[k], r->ns[i].uri)) k++;
        if (!known[k]) return TMR_FAIL(r, "3MF-06", "the required extension %.100s is not supported", r->ns[i].uri);
        list += n;
    }
    return true;
}

static bool tmr_model(tmr *r, const char **a)
{
    static const struct {
        const char *name;
        double mm;
    } unit[] = {{"micron", 0.001}, {"millimeter", 1}, {"centimeter", 10}, {"inch", 25.4}, {"foot", 304.8}, {"meter", 1000}};
    const char *u = tmr_attr(a, "unit");
    if (r->has_model) return TMR_FAIL(r, "3MF-05", "a second <model>");
    r->has_model = true;
    r->unit = u ? 0 : 1;
    for (size_t i = 0; u && i < sizeof unit / sizeof *unit; i++)
        if (!strcmp(u, unit[i].name)) r->unit = unit[i].mm;
    if (r->unit == 0)
        return TMR_FAIL(r, "3MF-05", "unit=\"%.40s\": micron, millimeter, centimeter, inch, foot or meter is needed", u);
    return tmr_required(r, tmr_attr(a, "requiredextensions"));
}

static bool tmr_metadata(tmr *r, const char **a)
{
    const char *name = tmr_attr(a, "name"), *colon = name ? strchr(name, ':') : NULL;
    if (!name) return TMR_FAIL(r, "3MF-08", "metadata without a name");
    r->want_text = false;
    if (r->depth != 1 || r->now != 0) return true;
    for (size_t i = 0; i < r->metas; i++)
        if (!strcmp(r->meta[i], name)) return TMR_FAIL(r, "3MF-08", "metadata '%.60s' stands twice", name);
    if (strlen(name) < sizeof *r->meta && r->metas < sizeof r->meta / sizeof *r->meta) strcpy(r->meta[r->metas++], name);
    if (!colon || strcmp(colon, ":Space")) return true;
    for (size_t i = 0; i < r->nss; i++)
        if (!strcmp(r->ns[i].uri, OURS) && strlen(r->ns[i].prefix) == (size_t)(colon - name) &&
            !strncmp(r->ns[i].prefix, name, (size_t)(colon - name)))
            r->want_text = true;
    r->texts = 0;
    return true;
}

static bool tmr_resource_id(tmr *r, const char *s, uint32_t *id)
{
    if (!tmr_u32_all(s, id) || *id == 0)
        return TMR_FAIL(r, "3MF-07", "a resource id '%.40s': 1 to 2147483647 is needed", s ? s : "");
    if (!tmr_room(r, &r->ids, &r->idcap, r->nids + 1, sizeof *r->ids)) return false;
    r->ids[r->nids++] = *id;
    return true;
}

/* A base material; its colour is "#RRGGBB" or "#RRGGBBAA". */
static bool tmr_base(tmr *r, const char **a)
{
    const char *s = tmr_attr(a, "displaycolor");
    struct lm_threemf_color c = {.part = (uint32_t)r->now, .id = r->materials, .index = r->bases++};
    unsigned v = 0;
    size_t n = s && *s == '#' ? strspn(s + 1, "0123456789abcdefABCDEF") : 0;
    if ((n != 6 && n != 8) || s[n + 1]) {
        r->bad_colors++;
        return true;
    }
    if (r->m.colors == LM_THREEMF_OBJECTS)
        return tmr_fail(r, lm_err_set(r->err, LM_ERANGE, NULL, "more than %d base materials", (int)LM_THREEMF_OBJECTS));
    if (!tmr_room(r, &r->m.color, &r->m.colcap, r->m.colors + 1, sizeof c)) return false;
    for (int i = 0; i < 3; i++) {
        for (int k = 1; k <= 2; k++) {
            char x = s[2 * i + k];
            v = v * 16 + (unsigned)(x <= '9' ? x - '0' : (x | 0x20) - 'a' + 10);
        }
        c.rgb[i] = (uint8_t)v;
    }
    r->m.color[r->m.colors++] = c;
    return true;
}

/* Name and colour of an object, as far as they are there. */
static void tmr_shown(const tmr *r, const char **a, lm_part *p)
{
    const char *name = tmr_attr(a, "name"), *label = tmr_attr(a, OURS "|label");
    uint32_t id, index;
    if (name) (void)lm_parts_clean(name, strlen(name), p->name);
    if (!tmr_u32_all(label, &p->label)) p->label = 0;
    if (!tmr_u32_all(tmr_attr(a, "pid"), &id) || !tmr_u32_all(tmr_attr(a, "pindex"), &index)) return;
    for (size_t i = 0; i < r->m.colors && !p->has_rgb; i++) {
        const struct lm_threemf_color *c = &r->m.color[i];
        p->has_rgb = c->part == r->now && c->id == id && c->index == index;
        if (p->has_rgb) memcpy(p->rgb, c->rgb, sizeof p->rgb);
    }
}

static bool tmr_begin_object(tmr *r, const char **a)
{
    static const char *const types[] = {"model", "solidsupport", "support", "surface", "other"};
    const char *type = tmr_attr(a, "type"), *low = tmr_attr(a, SLICE "|meshresolution");
    lm_threemf_object o = {.part = (uint32_t)r->now, .type = LM_THREEMF_TYPE_MODEL, .v = r->m.nv, .t = r->m.nt, .c = r->m.comps};
    if (!tmr_resource_id(r, tmr_attr(a, "id"), &o.id)) return false;
    size_t i = 0;
    while (type && i < 5 && strcmp(type, types[i])) i++;
    if (i == 5)
        return TMR_FAIL(r, "3MF-10", "object %u has type '%.40s': model, solidsupport, support, surface or other is needed", o.id,
                        type);
    o.type = (lm_threemf_type)i;
    if (low && !strcmp(low, "lowres"))
        return TMR_FAIL(r, "3MF-21", "object %u is a rough mesh beside slices: slices are not read", o.id);
    if (r->m.objects == LM_THREEMF_OBJECTS)
        return tmr_fail(r, lm_err_set(r->err, LM_ERANGE, NULL, "more than %d objects", (int)LM_THREEMF_OBJECTS));
    tmr_shown(r, a, &o.shown);
    if (!tmr_room(r, &r->m.object, &r->m.ocap, r->m.objects + 1, sizeof *r->m.object)) return false;
    r->m.object[r->m.objects++] = o;
    return true;
}

static bool tmr_end_object(tmr *r)
{
    lm_threemf_object *o = &r->m.object[r->m.objects - 1];
    o->nv = r->m.nv - o->v;
    o->nt = r->m.nt - o->t;
    o->nc = r->m.comps - o->c;
    if (o->nt && o->nc) return TMR_FAIL(r, "3MF-16", "object %u has a mesh and components", o->id);
    for (size_t i = 3 * o->t; i < 3 * r->m.nt; i++)
        if (r->m.tri[i] >= o->nv)
            return TMR_FAIL(r, "3MF-14", "triangle %zu of object %u names vertex %u, and it has %zu (counted from 0)", i / 3 - o->t,
                            o->id, r->m.tri[i], o->nv);
    return true;
}

/* A package name out of an absolute reference; "." and ".." and what leaves the root are refused. */
static bool tmr_name(tmr *r, const char *s, char out[512])
{
    const char *p = *s == '/' ? s + 1 : s;
    bool bad = !*p || strlen(p) >= 512 || strpbrk(p, "\\:?#*");
    for (const char *q = p; !bad && *q; q += *q == '/') {
        bad = *q == '.' || *q == '/';
        while (*q && *q != '/') q++;
    }
    if (bad) return TMR_FAIL(r, "3MF-01", "the reference '%.80s' is no name of a part in the package", s);
    strcpy(out, p);
    return true;
}

static bool tmr_part(tmr *r, const char *path, uint32_t *part)
{
    char name[512];
    if (r->now != 0) return TMR_FAIL(r, "3MF-20", "p:path outside the root model part");
    if (!tmr_name(r, path, name)) return false;
    for (*part = 0; *part < r->parts; ++*part)
        if (!strcmp(r->part[*part], name)) return true;
    if (r->parts == LM_THREEMF_PARTS)
        return tmr_fail(r, lm_err_set(r->err, LM_ERANGE, NULL, "more than %d model parts", (int)LM_THREEMF_PARTS));
    char *copy = strdup(name);
    if (!copy) return tmr_fail(r, lm_err_nomem(r->err, sizeof name));
    r->part[r->parts++] = copy;
    return true;
}

/* A component or an item. */
static bool tmr_use_of(tmr *r, const char **a, bool of_item)
{
    const char *path = tmr_attr(a, PRODUCTION "|path"), *what = of_item ? "build item" : "component";
    lm_threemf_use u;
    uint32_t id, part = (uint32_t)r->now;
    if (!tmr_u32_all(tmr_attr(a, "objectid"), &id)) return TMR_FAIL(r, "3MF-07", "a %s without a number as objectid", what);
    if (!tmr_transform(r, tmr_attr(a, "transform"), &u)) return false;
    if (path && !tmr_part(r, path, &part)) return false;
    u.object = lm_threemf_model_find(&r->m, part, id);
    if (u.object == SIZE_MAX || (!of_item && u.object == r->m.objects - 1 && part == r->now)) {
        if (part == r->now) return TMR_FAIL(r, "3MF-07", "a %s names object %u, which is not defined before it", what, id);
        if (!tmr_room(r, &r->ref, &r->rcap, r->refs + 1, sizeof *r->ref)) return false;
        r->ref[r->refs++] = (struct tmr_ref){of_item, of_item ? r->m.items : r->m.comps, part, id};
    }
    if (of_item ? r->m.items == LM_THREEMF_OBJECTS : r->m.comps == LM_THREEMF_OBJECTS)
        return tmr_fail(r, lm_err_set(r->err, LM_ERANGE, NULL, "more than %d %ss", (int)LM_THREEMF_OBJECTS, what));
    if (of_item) {
        if (!tmr_room(r, &r->m.item, &r->m.icap, r->m.items + 1, sizeof u)) return false;
        r->m.item[r->m.items++] = u;
    } else {
        if (!tmr_room(r, &r->m.comp, &r->m.ccap, r->m.comps + 1, sizeof u)) return false;
        r->m.comp[r->m.comps++] = u;
    }
    return true;
}

static bool tmr_add_vertex(tmr *r, const double p[3])
{
    if (!tmr_room(r, &r->m.pos, &r->m.vcap, r->m.nv + 1, 3 * sizeof *r->m.pos)) return false;
    float *o = r->m.pos + 3 * r->m.nv;
    for (int c = 0; c < 3; c++) {
        o[c] = (float)(p[c] * r->unit);
        if (!isfinite(o[c]))
            return TMR_FAIL(r, "3MF-04", "vertex %zu: %g is out of the range of float32", r->m.nv - r->m.object[r->m.objects - 1].v,
                            p[c]);
    }
    r->m.nv++;
    return true;
}

static bool tmr_add_triangle(tmr *r, const uint32_t v[3])
{
    if (!tmr_room(r, &r->m.tri, &r->m.tcap, r->m.nt + 1, 3 * sizeof *r->m.tri)) return false;
    memcpy(r->m.tri + 3 * r->m.nt++, v, 3 * sizeof *v);
    return true;
}

static bool tmr_vertex(tmr *r, const char **a)
{
    static const char *const axis[] = {"x", "y", "z"};
    double p[3];
    for (int c = 0; c < 3; c++) {
        const char *s = tmr_attr(a, axis[c]);
        if (!s || !tmr_number_all(s, &p[c]))
            return TMR_FAIL(r, "3MF-04", "vertex %zu: %s=\"%.40s\" is no number", r->m.nv - r->m.object[r->m.objects - 1].v,
                            axis[c], s ? s : "");
    }
    return tmr_add_vertex(r, p);
}

static bool tmr_triangle(tmr *r, const char **a)
{
    static const char *const corner[] = {"v1", "v2", "v3"};
    uint32_t v[3];
    for (int k = 0; k < 3; k++) {
        const char *s = tmr_attr(a, corner[k]);
        if (!tmr_u32_all(s, &v[k]))
            return TMR_FAIL(r, "3MF-14", "triangle %zu: %s=\"%.40s\" is no vertex number",
                            r->m.nt - r->m.object[r->m.objects - 1].t, corner[k], s ? s : "");
    }
    return tmr_add_triangle(r, v);
}

/* Which elements may stand where. */
static const struct {
    tmr_in in;
    const char *element;
    tmr_in now;
} tmr_grammar[] = {
    {TMR_TOP, "model", TMR_IN_MODEL},      {TMR_IN_MODEL, "metadata", TMR_METADATA},   {TMR_IN_MODEL, "resources", TMR_RESOURCES},
    {TMR_IN_MODEL, "build", TMR_BUILD},    {TMR_RESOURCES, "basematerials", TMR_LEAF}, {TMR_RESOURCES, "object", TMR_OBJECT},
    {TMR_OBJECT, "mesh", TMR_MESH},        {TMR_OBJECT, "components", TMR_COMPONENTS}, {TMR_OBJECT, "metadatagroup", TMR_LEAF},
    {TMR_MESH, "vertices", TMR_VERTICES},  {TMR_MESH, "triangles", TMR_TRIANGLES},     {TMR_VERTICES, "vertex", TMR_LEAF},
    {TMR_TRIANGLES, "triangle", TMR_LEAF}, {TMR_COMPONENTS, "component", TMR_LEAF},    {TMR_BUILD, "item", TMR_LEAF},
    {TMR_LEAF, "base", TMR_LEAF},          {TMR_LEAF, "metadata", TMR_LEAF},           {TMR_LEAF, "metadatagroup", TMR_LEAF},
};

static bool tmr_element(tmr *r, const char *e, const char **a)
{
    tmr_in in = r->depth ? r->state[r->depth - 1] : TMR_TOP;
    size_t i = 0, n = sizeof tmr_grammar / sizeof *tmr_grammar;
    if (!tmr_check_attrs(r, e, a)) return false;
    while (i < n && (tmr_grammar[i].in != in || strcmp(tmr_grammar[i].element, e))) i++;
    if (i == n) return TMR_FAIL(r, "3MF-03", "<%.40s> does not belong where it stands", e);
    if (r->depth == LM_THREEMF_DEPTH) return TMR_FAIL(r, "3MF-03", "elements are nested too deep");
    bool ok = true;
    tmr_in now = tmr_grammar[i].now;
    uint32_t id;
    if (now == TMR_IN_MODEL) ok = tmr_model(r, a);
    else if (now == TMR_METADATA) ok = tmr_metadata(r, a);
    else if (now == TMR_RESOURCES) {
        if (r->has_resources) ok = TMR_FAIL(r, "3MF-05", "a second <resources>");
        r->has_resources = true;
    } else if (now == TMR_BUILD) {
        if (r->has_build) ok = TMR_FAIL(r, "3MF-05", "a second <build>");
        else if (!r->has_resources) ok = TMR_FAIL(r, "3MF-07", "<build> stands before <resources>");
        r->has_build = true;
    } else if (now == TMR_OBJECT) ok = tmr_begin_object(r, a);
    else if (in == TMR_VERTICES) ok = tmr_vertex(r, a);
    else if (in == TMR_TRIANGLES) ok = tmr_triangle(r, a);
    else if (in == TMR_COMPONENTS) ok = tmr_use_of(r, a, false);
    else if (in == TMR_BUILD && r->now == 0) ok = tmr_use_of(r, a, true);
    else if (in == TMR_RESOURCES) {
        ok = tmr_resource_id(r, tmr_attr(a, "id"), &id);
        if (ok) r->materials = id, r->bases = 0;
    } else if (!strcmp(e, "base")) ok = tmr_base(r, a);
    if ((now == TMR_VERTICES && r->m.nv > r->m.object[r->m.objects - 1].v) ||
        (now == TMR_TRIANGLES && r->m.nt > r->m.object[r->m.objects - 1].t))
        ok = TMR_FAIL(r, "3MF-03", "a second <%s> in a mesh", e);
    if (!ok) return false;
    r->state[r->depth++] = now;
    r->fast = now == TMR_VERTICES || now == TMR_TRIANGLES;
    return true;
}

static void tmr_start(void *ctx, const char *name, const char **a)
{
    tmr *r = ctx;
    const char *e = tmr_local(name, CORE);
    uint32_t id;
    if (r->rc) return;
    if (r->skip) {
        if (++r->skip > LM_THREEMF_DEPTH) (void)TMR_FAIL(r, "3MF-03", "elements are nested too deep");
        return;
    }
    if (e) {
        (void)tmr_element(r, e, a);
        return;
    }
    if (!r->depth) (void)TMR_FAIL(r, "3MF-05", "'%.80s' is no 3MF <model>", name);
    else if (tmr_local(name, LATTICE)) (void)TMR_FAIL(r, "3MF-22", "a beam lattice is not read");
    else if (r->state[r->depth - 1] == TMR_RESOURCES && tmr_attr(a, "id")) (void)tmr_resource_id(r, tmr_attr(a, "id"), &id);
    r->skip = 1;
}

static void tmr_end(void *ctx, const char *name)
{
    tmr *r = ctx;
    (void)name;
    if (r->rc) return;
    if (r->skip) {
        r->skip--;
        return;
    }
    tmr_in was = r->state[--r->depth];
    if (was == TMR_OBJECT) (void)tmr_end_object(r);
    if (was != TMR_METADATA || !r->want_text) return;
    r->want_text = false;
    r->m.ours = true;
    if (r->texts == 3 && !memcmp(r->text, "LPS", 3)) r->m.space = LM_SPACE_LPS;
    else if (r->texts == 3 && !memcmp(r->text, "RAS", 3)) r->m.space = LM_SPACE_RAS;
}

static void tmr_text(void *ctx, const char *s, int n)
{
    tmr *r = ctx;
    if (!r->want_text || n <= 0) return;
    size_t k = (size_t)n;
    if (k > sizeof r->text - r->texts) k = sizeof r->text - r->texts;
    memcpy(r->text + r->texts, s, k);
    r->texts += k;
}

static void tmr_prefix(void *ctx, const char *prefix, const char *uri)
{
    tmr *r = ctx;
    if (!prefix || !uri || r->depth || r->nss == sizeof r->ns / sizeof *r->ns) return;
    if (strlen(prefix) >= sizeof r->ns->prefix || strlen(uri) >= sizeof r->ns->uri) return;
    strcpy(r->ns[r->nss].prefix, prefix);
    strcpy(r->ns[r->nss++].uri, uri);
}

static void tmr_doctype(void *ctx, const char *name, const char *sys, const char *pub, int internal)
{
    tmr *r = ctx;
    (void)name;
    (void)sys;
    (void)pub;
    (void)internal;
    (void)TMR_FAIL(r, "3MF-03", "a DOCTYPE is not allowed");
}

static void tmr_decl(void *ctx, const char *version, const char *encoding, int standalone)
{
    tmr *r = ctx;
    (void)standalone;
    if (version && encoding && strcmp(encoding, "UTF-8") && strcmp(encoding, "utf-8"))
        (void)TMR_FAIL(r, "3MF-03", "the XML is in %.40s: UTF-8 is needed", encoding);
}

/* ---- 4 one model part ---- */

/* expat goes on where some of its allocations fail, and takes a prefix for a plain attribute: they are watched. */
static _Thread_local bool tmr_starved;

static void *tmr_malloc(size_t n)
{
    void *p = malloc(n);
    tmr_starved |= !p;
    return p;
}

static void *tmr_realloc(void *old, size_t n)
{
    void *p = realloc(old, n);
    tmr_starved |= !p;
    return p;
}

static bool tmr_open(tmr *r)
{
    static const XML_Memory_Handling_Suite suite = {tmr_malloc, tmr_realloc, free};
    tmr_starved = false;
    r->parser = XML_ParserCreate_MM(NULL, &suite, "|");
    if (r->parser) XML_SetUserData(r->parser, r);
    return r->parser != NULL;
}

/* rc, or what is worse: that memory ran out. */
static lm_status tmr_close(tmr *r, lm_status rc)
{
    XML_ParserFree(r->parser);
    r->parser = NULL;
    return tmr_starved ? lm_err_nomem(r->err, 0) : rc;
}

/* Read what follows <vertices> or <triangles> in its plain form; return where another form, or an error, stands. */
static const char *tmr_fast(tmr *r, const char *s, const char *end)
{
    enum { BATCH = 1024 };
    size_t n = BATCH;
    if (r->state[r->depth - 1] == TMR_VERTICES) {
        double p[3 * BATCH];
        while (n == BATCH) {
            s = lm_threemf_scan_vertices(s, end, p, BATCH, &n);
            for (size_t i = 0; i < n; i++)
                if (!tmr_add_vertex(r, p + 3 * i)) return s;
        }
        return s;
    }
    while (n == BATCH && tmr_room(r, &r->m.tri, &r->m.tcap, r->m.nt + BATCH, 3 * sizeof *r->m.tri)) {
        s = lm_threemf_scan_triangles(s, end, r->m.tri + 3 * r->m.nt, BATCH, &n);
        r->m.nt += n;
    }
    return s;
}

static lm_status tmr_xml(tmr *r, const char *text, size_t n)
{
    enum { FEED = 1 << 20 };
    const char *s = text, *end = text + n, *stop = NULL;
    int64_t fed = 0;
    while (!r->rc) {
        if (!stop) stop = lm_threemf_scan_list(s, end);
        const char *next = stop - s > FEED ? s + FEED : stop;
        r->fast = false;
        enum XML_Status ok = XML_Parse(r->parser, s, (int)(next - s), next == end);
        fed += next - s;
        s = next;
        if (r->rc) return r->rc;
        if (ok != XML_STATUS_OK)
            return r->rc =
                       lm_err_set(r->err, LM_EFORMAT, NULL, "the XML is damaged: %s, line %lu",
                                  XML_ErrorString(XML_GetErrorCode(r->parser)), (unsigned long)XML_GetCurrentLineNumber(r->parser));
        if (s == end) return LM_OK;
        if (s < stop) continue;
        stop = NULL;
        /* the start tag of the list was the very last that was fed */
        if (r->fast && XML_GetCurrentByteIndex(r->parser) + XML_GetCurrentByteCount(r->parser) == fed) s = tmr_fast(r, s, end);
    }
    return r->rc;
}

static int tmr_order(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static lm_status tmr_model_part(tmr *r)
{
    char *text = NULL;
    size_t n;
    lm_status rc = lm_package_read(r->pack, r->part[r->now], &text, &n, r->err);
    if (rc) return rc;
    r->depth = r->skip = r->nss = r->nids = 0;
    r->has_build = r->has_resources = r->has_model = r->want_text = false;
    if (!tmr_open(r)) rc = lm_err_nomem(r->err, 0);
    else {
        XML_SetElementHandler(r->parser, tmr_start, tmr_end);
        XML_SetCharacterDataHandler(r->parser, tmr_text);
        XML_SetStartNamespaceDeclHandler(r->parser, tmr_prefix);
        XML_SetStartDoctypeDeclHandler(r->parser, tmr_doctype);
        XML_SetXmlDeclHandler(r->parser, tmr_decl);
        bool wide = n >= 2 && ((unsigned char)text[0] >= 0xfe || text[0] == 0 || text[1] == 0); /* UTF-16 */
        rc = wide ? lm_err_set(r->err, LM_ERULE, "3MF-03", "the XML is in UTF-16: UTF-8 is needed") : tmr_xml(r, text, n);
        rc = tmr_close(r, rc);
    }
    free(text);
    if (!rc && r->now == 0 && (!r->has_resources || !r->has_build))
        rc = lm_err_set(r->err, LM_ERULE, "3MF-05", "the model has no <resources> or no <build>");
    if (!rc && r->nids) {
        qsort(r->ids, r->nids, sizeof *r->ids, tmr_order);
        for (size_t i = 1; i < r->nids && !rc; i++)
            if (r->ids[i] == r->ids[i - 1]) rc = lm_err_set(r->err, LM_ERULE, "3MF-07", "resource id %u stands twice", r->ids[i]);
    }
    return rc ? lm_err_frame(r->err, "3MF part '%.80s'", r->part[r->now]) : LM_OK;
}

/* ---- 5 relationships ---- */

static void tmr_rel(void *ctx, const char *name, const char **a)
{
    tmr *r = ctx;
    const char *e = tmr_local(name, RELS), *type = tmr_attr(a, "Type"), *target = tmr_attr(a, "Target"),
               *mode = tmr_attr(a, "TargetMode");
    if (r->rc || !e || strcmp(e, "Relationship") || !type || strcmp(type, START)) return;
    if (mode && !strcmp(mode, "External")) (void)TMR_FAIL(r, "3MF-01", "the start part lies outside the package");
    else if (r->starts++) (void)TMR_FAIL(r, "3MF-02", "more than one start part");
    else if (!target) (void)TMR_FAIL(r, "3MF-02", "the start part has no target");
    else (void)tmr_name(r, target, r->start);
}

static lm_status tmr_relations(tmr *r)
{
    enum { LIMIT = 16 << 20 };
    char *text = NULL;
    size_t n;
    bool there;
    lm_status rc = lm_package_has(r->pack, "_rels/.rels", &there, r->err);
    if (rc) return rc;
    if (!there) return lm_err_set(r->err, LM_EFORMAT, "3MF-02", "a ZIP archive, but no 3MF package: it has no _rels/.rels");
    if ((rc = lm_package_read(r->pack, "_rels/.rels", &text, &n, r->err))) return rc;
    if (n > LIMIT) rc = lm_err_set(r->err, LM_ERANGE, NULL, "_rels/.rels has %zu bytes: the limit is %d", n, (int)LIMIT);
    else if (!tmr_open(r)) rc = lm_err_nomem(r->err, 0);
    else {
        XML_SetStartElementHandler(r->parser, tmr_rel);
        XML_SetStartDoctypeDeclHandler(r->parser, tmr_doctype);
        enum XML_Status ok = XML_Parse(r->parser, text, (int)n, 1);
        rc = r->rc;
        if (!rc && ok != XML_STATUS_OK)
            rc = lm_err_set(r->err, LM_EFORMAT, NULL, "_rels/.rels is damaged: %s", XML_ErrorString(XML_GetErrorCode(r->parser)));
        rc = tmr_close(r, rc);
    }
    free(text);
    if (!rc && !r->starts) rc = lm_err_set(r->err, LM_ERULE, "3MF-02", "the package names no start part: it holds no 3MF model");
    return rc;
}

/* ---- 6 the whole package ---- */

static lm_status tmr_resolve(tmr *r)
{
    for (size_t i = 0; i < r->refs; i++) {
        size_t o = lm_threemf_model_find(&r->m, r->ref[i].part, r->ref[i].id);
        if (o == SIZE_MAX)
            return lm_err_set(r->err, LM_ERULE, "3MF-07", "part '%.80s' has no object %u", r->part[r->ref[i].part], r->ref[i].id);
        (r->ref[i].of_item ? r->m.item : r->m.comp)[r->ref[i].use].object = o;
    }
    return LM_OK;
}

static lm_status tmr_notes(tmr *r)
{
    char text[160];
    lm_status rc = LM_OK;
    if (r->unit != 1) {
        snprintf(text, sizeof text, "the model's unit is %g mm: coordinates were multiplied by it", r->unit);
        rc = lm_record_note(r->rec, "note", "3MF-05", text, r->err);
    }
    if (!rc && r->bad_colors) {
        snprintf(text, sizeof text, "%zu colour(s) of base materials that are no #RRGGBB were left out", r->bad_colors);
        rc = lm_record_note(r->rec, "note", "3MF-19", text, r->err);
    }
    if (!rc && r->foreign) {
        snprintf(text, sizeof text, "%zu attribute(s) that 3MF does not know, the first: %s", r->foreign, r->foreign_name);
        rc = lm_record_note(r->rec, "note", "3MF-03", text, r->err);
    }
    return rc;
}

static lm_status tmr_run(tmr *r, lm_in *in, lm_mesh *mesh)
{
    lm_status rc = lm_package_open(in, &r->pack, r->err);
    double unit = 1;
    if (rc || (rc = tmr_relations(r))) return rc;
    if (!(r->part[0] = strdup(r->start))) return lm_err_nomem(r->err, sizeof r->start);
    for (r->parts = 1, r->now = 0; r->now < r->parts; r->now++) {
        if ((rc = tmr_model_part(r))) return rc;
        if (r->now == 0) unit = r->unit;
    }
    r->unit = unit;
    if ((rc = tmr_resolve(r)) || (rc = lm_threemf_model_mesh(&r->m, r->rec, mesh, r->err)) || (rc = tmr_notes(r))) return rc;
    r->rec->unit_mm = 1; /* stated, and done */
    return LM_OK;
}

lm_status lm_threemf_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    lm_err own = LM_ERR_INIT;
    tmr *r = lm_mem_calloc(1, sizeof *r, err);
    lm_mesh_release(mesh);
    lm_record_release(rec);
    if (!r) return LM_ENOMEM;
    r->rec = rec;
    r->err = err ? err : &own;
    lm_status rc = tmr_run(r, in, mesh);
    if (rc) {
        lm_mesh_release(mesh);
        lm_record_release(rec);
    }
    lm_package_close(r->pack);
    for (size_t i = 0; i < r->parts; i++) free(r->part[i]);
    lm_threemf_model_release(&r->m);
    free(r->ref);
    free(r->ids);
    free(r);
    return rc;
}
