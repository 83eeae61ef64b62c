// SPDX-License-Identifier: GPL-3.0-or-later
// lib3mf 1.8 as a peer in the bench: `lib3mf_peer write IN.stl OUT.3mf` joins the corners of a binary STL, asks lib3mf whether the
// mesh is manifold and oriented, and writes it; `lib3mf_peer read IN.3mf` reads it. Prints triangles and vertices.
// g++ -O2 lib3mf_peer.cpp -I/usr/include/lib3mf -l3MF
#include <Model/COM/NMR_DLLInterfaces.h>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

using namespace NMR;

#define OK(call) \
    if ((call) != LIB3MF_OK) return fprintf(stderr, "lib3mf_peer: %s\n", #call), 2

static bool load(const char *path, std::vector<MODELMESHVERTEX> &v, std::vector<MODELMESHTRIANGLE> &f)
{
    FILE *in = fopen(path, "rb");
    unsigned char head[84];
    uint32_t n = 0;
    if (!in || fread(head, 1, sizeof head, in) != sizeof head) return false;
    memcpy(&n, head + 80, 4);
    std::vector<unsigned char> raw(50 * size_t(n));
    if (fread(raw.data(), 50, n, in) != n) return false;
    fclose(in);
    std::vector<std::array<float, 3>> corner(3 * size_t(n));
    size_t mask = 1;
    while (mask < 2 * corner.size()) mask *= 2;
    std::vector<uint32_t> slot(mask--, UINT32_MAX); /* vertices by the hash of their coordinates, numbered as they come */
    for (size_t t = 0; t < n; t++) memcpy(&corner[3 * t], &raw[50 * t + 12], 36);
    f.resize(n);
    for (size_t i = 0; i < corner.size(); i++) {
        uint32_t bits[3];
        memcpy(bits, corner[i].data(), 12);
        uint64_t h = (bits[0] * 0x9e3779b97f4a7c15u ^ bits[1]) * 0xbf58476d1ce4e5b9u;
        h = (h ^ h >> 29 ^ bits[2]) * 0x94d049bb133111ebu;
        size_t at = (h >> 20) & mask;
        while (slot[at] != UINT32_MAX && memcmp(v[slot[at]].m_fPosition, corner[i].data(), 12)) at = (at + 1) & mask;
        if (slot[at] == UINT32_MAX) {
            slot[at] = uint32_t(v.size());
            v.emplace_back();
            memcpy(v.back().m_fPosition, corner[i].data(), 12);
        }
        f[i / 3].m_nIndices[i % 3] = slot[at];
    }
    return true;
}

static int write(PLib3MFModel *model, const char *from, const char *to)
{
    std::vector<MODELMESHVERTEX> v;
    std::vector<MODELMESHTRIANGLE> f;
    PLib3MFModelMeshObject *o;
    PLib3MFModelBuildItem *b;
    PLib3MFModelWriter *w;
    BOOL good = 0;
    if (!load(from, v, f)) return fprintf(stderr, "lib3mf_peer: cannot read %s\n", from), 2;
    OK(lib3mf_model_addmeshobject(model, &o));
    OK(lib3mf_meshobject_setgeometry(o, v.data(), DWORD(v.size()), f.data(), DWORD(f.size())));
    OK(lib3mf_model_addbuilditem(model, o, nullptr, &b));
    OK(lib3mf_meshobject_ismanifoldandoriented(o, &good));
    OK(lib3mf_model_querywriter(model, "3mf", &w));
    OK(lib3mf_writer_writetofileutf8(w, to));
    printf("%zu %zu\n", f.size(), v.size());
    return good ? 0 : 1;
}

static int read(PLib3MFModel *model, const char *from)
{
    PLib3MFModelReader *r;
    PLib3MFModelResourceIterator *it;
    OK(lib3mf_model_queryreader(model, "3mf", &r));
    OK(lib3mf_reader_readfromfileutf8(r, from));
    OK(lib3mf_model_getmeshobjects(model, &it));
    for (BOOL more = 1; lib3mf_resourceiterator_movenext(it, &more) == LIB3MF_OK && more;) {
        PLib3MFModelResource *o;
        DWORD nv = 0, nt = 0;
        OK(lib3mf_resourceiterator_getcurrent(it, &o));
        OK(lib3mf_meshobject_getvertexcount(o, &nv));
        OK(lib3mf_meshobject_gettrianglecount(o, &nt));
        printf("%u %u\n", unsigned(nt), unsigned(nv));
    }
    return 0;
}

int main(int argc, char **argv)
{
    PLib3MFModel *model;
    OK(lib3mf_createmodel(&model));
    if (argc == 4 && std::string(argv[1]) == "write") return write(model, argv[2], argv[3]);
    if (argc == 3 && std::string(argv[1]) == "read") return read(model, argv[2]);
    return 2;
}
