// SPDX-License-Identifier: GPL-3.0-or-later
// embree_peer A.ply B.ply: the greatest distance of any vertex of each mesh from the other, by Embree's point queries on all cores:
// a lower bound of the Hausdorff distance. Reads what our tools write: binary little-endian PLY of x y z and triangles.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <embree3/rtcore.h>
#include <thread>
#include <vector>

struct Mesh {
    std::vector<float> pos;
    std::vector<unsigned> tri;
};

static bool load(const char *name, Mesh &m)
{
    char line[4096];
    size_t nv = 0, nt = 0;
    FILE *f = fopen(name, "rb");
    if (!f) return false;
    while (fgets(line, sizeof line, f) && strcmp(line, "end_header\n")) {
        sscanf(line, "element vertex %zu", &nv);
        sscanf(line, "element face %zu", &nt);
    }
    m.pos.resize(3 * nv + 1); /* Embree reads 16 bytes */
    m.tri.resize(3 * nt);
    bool good = fread(m.pos.data(), 12, nv, f) == nv;
    for (size_t t = 0; t < nt && good; t++) good = fgetc(f) == 3 && fread(&m.tri[3 * t], 12, 1, f) == 1;
    fclose(f);
    return good;
}

struct Query {
    const Mesh *m;
    double p[3];
};

// Squared distance from a triangle (Ericson, Real-Time Collision Detection, 5.1.5).
static double from(const float *a, const float *b, const float *c, const double p[3])
{
    double d1 = 0, d2 = 0, d3 = 0, d4 = 0, d5 = 0, d6 = 0;
    for (int k = 0; k < 3; k++) {
        const double u = double(b[k]) - a[k], v = double(c[k]) - a[k];
        d1 += u * (p[k] - a[k]), d2 += v * (p[k] - a[k]), d3 += u * (p[k] - b[k]), d4 += v * (p[k] - b[k]), d5 += u * (p[k] - c[k]),
            d6 += v * (p[k] - c[k]);
    }
    const double va = d3 * d6 - d5 * d4, vb = d5 * d2 - d1 * d6, vc = d1 * d4 - d3 * d2;
    double s, t;
    if (d1 <= 0 && d2 <= 0) s = 0, t = 0;
    else if (d3 >= 0 && d4 <= d3) s = 1, t = 0;
    else if (vc <= 0 && d1 >= 0 && d3 <= 0) s = d1 / (d1 - d3), t = 0;
    else if (d6 >= 0 && d5 <= d6) s = 0, t = 1;
    else if (vb <= 0 && d2 >= 0 && d6 <= 0) s = 0, t = d2 / (d2 - d6);
    else if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) t = (d4 - d3) / ((d4 - d3) + (d5 - d6)), s = 1 - t;
    else s = vb / (va + vb + vc), t = vc / (va + vb + vc);
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        const double d = a[k] + s * (double(b[k]) - a[k]) + t * (double(c[k]) - a[k]) - p[k];
        sum += d * d;
    }
    return sum;
}

static bool visit(RTCPointQueryFunctionArguments *a)
{
    const Query *q = static_cast<const Query *>(a->userPtr);
    const unsigned *t = &q->m->tri[3 * a->primID];
    const float *pos = q->m->pos.data();
    const float d = float(std::sqrt(from(pos + 3 * t[0], pos + 3 * t[1], pos + 3 * t[2], q->p)));
    if (!(d < a->query->radius)) return false;
    a->query->radius = d;
    return true;
}

int main(int argc, char **argv)
{
    Mesh m[2];
    float most[2] = {0, 0};
    if (argc != 3 || !load(argv[1], m[0]) || !load(argv[2], m[1])) return 2;
    RTCDevice device = rtcNewDevice(nullptr);
    for (int way = 0; way < 2; way++) {
        Mesh &a = m[way], &b = m[1 - way];
        RTCScene scene = rtcNewScene(device);
        RTCGeometry g = rtcNewGeometry(device, RTC_GEOMETRY_TYPE_TRIANGLE);
        rtcSetSharedGeometryBuffer(g, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3, b.pos.data(), 0, 12, b.pos.size() / 3);
        rtcSetSharedGeometryBuffer(g, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3, b.tri.data(), 0, 12, b.tri.size() / 3);
        rtcSetGeometryPointQueryFunction(g, visit);
        rtcCommitGeometry(g);
        rtcAttachGeometry(scene, g);
        rtcReleaseGeometry(g);
        rtcCommitScene(scene);
        const size_t threads = std::max(1u, std::thread::hardware_concurrency()), n = a.pos.size() / 3;
        std::vector<float> best(threads, 0);
        std::vector<std::thread> pool;
        for (size_t t = 0; t < threads; t++)
            pool.emplace_back([&, t] {
                for (size_t i = n * t / threads; i < n * (t + 1) / threads; i++) {
                    const float *p = &a.pos[3 * i];
                    Query q = {&b, {p[0], p[1], p[2]}};
                    RTCPointQuery query = {p[0], p[1], p[2], 0, 1e30f};
                    RTCPointQueryContext context;
                    rtcInitPointQueryContext(&context);
                    rtcPointQuery(scene, &query, &context, nullptr, &q);
                    best[t] = std::max(best[t], query.radius);
                }
            });
        for (auto &t : pool) t.join();
        for (float x : best) most[way] = std::max(most[way], x);
        rtcReleaseScene(scene);
    }
    printf("%.6f %.6f %.6f\n", double(std::max(most[0], most[1])), double(most[0]), double(most[1]));
    return 0;
}
