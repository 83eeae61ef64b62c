// SPDX-License-Identifier: GPL-3.0-or-later
// vdb_peer MESH.ply WALL STEP OUT.ply: hollowing by OpenVDB, meshToSignedDistanceField and volumeToMesh; the surface of MESH with
// the level -WALL turned round. Prints the seconds of both and the triangles of the inner wall. Reads what our tools write: binary
// little-endian PLY of x y z and triangles.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <openvdb/openvdb.h>
#include <openvdb/tools/MeshToVolume.h>
#include <openvdb/tools/VolumeToMesh.h>
#include <vector>

static bool load(const char *name, std::vector<openvdb::Vec3s> &pos, std::vector<openvdb::Vec3I> &tri)
{
    char line[4096];
    size_t nv = 0, nt = 0;
    FILE *f = fopen(name, "rb");
    if (!f) return false;
    while (fgets(line, sizeof line, f) && strcmp(line, "end_header\n")) {
        sscanf(line, "element vertex %zu", &nv);
        sscanf(line, "element face %zu", &nt);
    }
    pos.resize(nv);
    tri.resize(nt);
    bool good = fread(pos.data(), 12, nv, f) == nv;
    for (size_t t = 0; t < nt && good; t++) good = fgetc(f) == 3 && fread(&tri[t], 12, 1, f) == 1;
    fclose(f);
    return good;
}

int main(int argc, char **argv)
{
    std::vector<openvdb::Vec3s> pos, inner;
    std::vector<openvdb::Vec3I> tri, in;
    std::vector<openvdb::Vec4I> quad;
    openvdb::initialize();
    if (argc != 5 || !load(argv[1], pos, tri)) return 2;
    const double wall = atof(argv[2]), step = atof(argv[3]);
    auto start = std::chrono::steady_clock::now();
    auto frame = openvdb::math::Transform::createLinearTransform(step);
    auto grid = openvdb::tools::meshToSignedDistanceField<openvdb::FloatGrid>(*frame, pos, tri, quad, 2, float(wall / step + 2));
    openvdb::tools::volumeToMesh(*grid, inner, in, quad, -wall, 0);
    double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (auto &q : quad) {
        in.emplace_back(q[0], q[1], q[2]);
        in.emplace_back(q[0], q[2], q[3]);
    }
    double volume = 0;
    for (auto &t : in) volume += inner[t[0]].cross(inner[t[1]]).dot(inner[t[2]]);
    FILE *f = fopen(argv[4], "wb");
    if (!f) return 2;
    fprintf(f,
            "ply\nformat binary_little_endian 1.0\nelement vertex %zu\nproperty float x\nproperty float y\nproperty float "
            "z\nelement face %zu\n"
            "property list uchar int vertex_indices\nend_header\n",
            pos.size() + inner.size(), tri.size() + in.size());
    fwrite(pos.data(), 12, pos.size(), f);
    fwrite(inner.data(), 12, inner.size(), f);
    for (auto &t : tri) {
        fputc(3, f);
        fwrite(&t[0], 12, 1, f);
    }
    for (auto &t : in) {
        unsigned n = unsigned(pos.size()), v[3] = {t[0] + n, t[volume > 0 ? 2 : 1] + n, t[volume > 0 ? 1 : 2] + n};
        fputc(3, f);
        fwrite(v, 4, 3, f);
    }
    fclose(f);
    printf("%.3f %zu\n", s, in.size());
}
