// SPDX-License-Identifier: GPL-3.0-or-later
// What lib3mf 1.8 makes of a 3MF file, one fact per line; exit 0 only when it reads without a warning and every object is
// valid, manifold and oriented. Built by the tests in this folder: g++ l3mf_check.cpp -I/usr/include/lib3mf -l3MF
#include <Model/COM/NMR_DLLInterfaces.h>
#include <cstdio>
#include <string>
#include <vector>

using namespace NMR;

static bool good = true;

static bool ok(LIB3MFRESULT rc, const char *what)
{
    if (rc != LIB3MF_OK) printf("error %s 0x%x\n", what, (unsigned)rc), good = false;
    return rc == LIB3MF_OK;
}
#define OK(call) ok(call, #call)

static void warnings(PLib3MFModelReader *r)
{
    DWORD n = 0;
    OK(lib3mf_reader_getwarningcount(r, &n));
    for (DWORD i = 0; i < n; i++) {
        DWORD code = 0;
        char text[1000] = "";
        ULONG need = 0;
        lib3mf_reader_getwarningutf8(r, i, &code, text, sizeof text, &need);
        printf("warning 0x%x %s\n", (unsigned)code, text);
        good = false;
    }
}

static void metadata(PLib3MFModel *m)
{
    DWORD n = 0;
    OK(lib3mf_model_getmetadatacount(m, &n));
    for (DWORD i = 0; i < n; i++) {
        char key[1000] = "", value[4000] = "";
        ULONG need = 0;
        OK(lib3mf_model_getmetadatakeyutf8(m, i, key, sizeof key, &need));
        OK(lib3mf_model_getmetadatavalueutf8(m, i, value, sizeof value, &need));
        printf("metadata %s = %s\n", key, value);
    }
}

static void objects(PLib3MFModel *m)
{
    PLib3MFModelResourceIterator *it;
    BOOL more = 0;
    DWORD count = 0;
    if (!OK(lib3mf_model_getmeshobjects(m, &it))) return;
    while (lib3mf_resourceiterator_movenext(it, &more) == LIB3MF_OK && more) {
        PLib3MFModelResource *o;
        DWORD nv = 0, nt = 0, type = 0;
        BOOL valid = 0, manifold = 0;
        char name[1000] = "";
        ULONG need = 0;
        if (!OK(lib3mf_resourceiterator_getcurrent(it, &o))) return;
        OK(lib3mf_meshobject_getvertexcount(o, &nv));
        OK(lib3mf_meshobject_gettrianglecount(o, &nt));
        OK(lib3mf_object_gettype(o, &type));
        OK(lib3mf_object_getnameutf8(o, name, sizeof name, &need));
        OK(lib3mf_object_isvalidobject(o, &valid));
        OK(lib3mf_meshobject_ismanifoldandoriented(o, &manifold));
        printf("object type %u name %s\nvertices %u\ntriangles %u\nvalid %d\nmanifold %d\n", (unsigned)type, name, (unsigned)nv,
               (unsigned)nt, (int)valid, (int)manifold);
        if (!valid || !manifold || type != MODELOBJECTTYPE_MODEL) good = false;
        count++;
        lib3mf_release(o);
    }
    lib3mf_release(it);
    printf("objects %u\n", (unsigned)count);
    if (count == 0) good = false;
}

/* Build items: where the transform puts the box's lower corner, in float arithmetic. */
static void build(PLib3MFModel *m)
{
    PLib3MFModelBuildItemIterator *it;
    BOOL more = 0;
    DWORD count = 0;
    if (!OK(lib3mf_model_getbuilditems(m, &it))) return;
    while (lib3mf_builditemiterator_movenext(it, &more) == LIB3MF_OK && more) {
        PLib3MFModelBuildItem *b;
        PLib3MFModelObjectResource *o;
        MODELTRANSFORM t;
        DWORD nv = 0;
        if (!OK(lib3mf_builditemiterator_getcurrent(it, &b)) || !OK(lib3mf_builditem_getobjectresource(b, &o))) return;
        OK(lib3mf_builditem_getobjecttransform(b, &t));
        OK(lib3mf_meshobject_getvertexcount(o, &nv));
        std::vector<MODELMESHVERTEX> v(nv);
        OK(lib3mf_meshobject_getvertices(o, v.data(), nv, &nv));
        float lo[3] = {0, 0, 0};
        bool first = true;
        for (auto &p : v) {
            for (int c = 0; c < 3; c++) {
                float x = p.m_fPosition[c] + t.m_fFields[c][3];
                if (first || x < lo[c]) lo[c] = x;
            }
            first = false;
        }
        printf("diagonal %g %g %g\nlower corner %g %g %g\n", t.m_fFields[0][0], t.m_fFields[1][1], t.m_fFields[2][2], lo[0], lo[1],
               lo[2]);
        count++;
        lib3mf_release(o);
        lib3mf_release(b);
    }
    lib3mf_release(it);
    printf("items %u\n", (unsigned)count);
    if (count == 0) good = false;
}

int main(int argc, char **argv)
{
    PLib3MFModel *m;
    PLib3MFModelReader *r;
    DWORD unit = 0;
    if (argc != 2 || !OK(lib3mf_createmodel(&m)) || !OK(lib3mf_model_queryreader(m, "3mf", &r))) return 2;
    if (!OK(lib3mf_reader_readfromfileutf8(r, argv[1]))) return 2;
    warnings(r);
    OK(lib3mf_model_getunit(m, &unit));
    printf("unit %s\n", unit == MODELUNIT_MILLIMETER ? "millimeter" : "other");
    if (unit != MODELUNIT_MILLIMETER) good = false;
    metadata(m);
    objects(m);
    build(m);
    lib3mf_release(r);
    lib3mf_release(m);
    return good ? 0 : 1;
}
