// SPDX-License-Identifier: GPL-3.0-or-later
// decimate_peer MESH.ply PERCENT OUT.ply: simplification by meshoptimizer; prints its seconds and the triangles left. Reads what
// our tools write: binary little-endian PLY of x y z and triangles.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <meshoptimizer.h>
#include <vector>

int main(int argc, char **argv)
{
    char line[4096];
    size_t nv = 0, nt = 0;
    FILE *f = argc == 4 ? fopen(argv[1], "rb") : nullptr;
    if (!f) return 2;
    while (fgets(line, sizeof line, f) && strcmp(line, "end_header\n")) {
        sscanf(line, "element vertex %zu", &nv);
        sscanf(line, "element face %zu", &nt);
    }
    std::vector<float> pos(3 * nv);
    std::vector<unsigned> tri(3 * nt), out(3 * nt);
    if (fread(pos.data(), 12, nv, f) != nv) return 2;
    for (size_t t = 0; t < nt; t++)
        if (fgetc(f) != 3 || fread(&tri[3 * t], 12, 1, f) != 1) return 2;
    fclose(f);
    auto start = std::chrono::steady_clock::now();
    size_t want = size_t(double(nt) * atof(argv[2]) / 100) * 3;
    size_t n = meshopt_simplify(out.data(), tri.data(), tri.size(), pos.data(), nv, 12, want, 1e9f, 0, nullptr) / 3;
    double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!(f = fopen(argv[3], "wb"))) return 2;
    fprintf(f,
            "ply\nformat binary_little_endian 1.0\nelement vertex %zu\nproperty float x\nproperty float y\nproperty float "
            "z\nelement face %zu\n"
            "property list uchar int vertex_indices\nend_header\n",
            nv, n);
    fwrite(pos.data(), 12, nv, f);
    for (size_t t = 0; t < n; t++) {
        fputc(3, f);
        fwrite(&out[3 * t], 12, 1, f);
    }
    fclose(f);
    printf("%.3f %zu\n", s, n);
}
