// SPDX-License-Identifier: GPL-3.0-or-later
// What CGAL says of two meshes, an oracle for meshdiff; built by tests/oracle/meshdiff.bats and tests/bench/run.sh where CGAL is
// there.
//   compare_peer overlap A B    volumes of A, of B, and of both, by corefinement with exact numbers
//   compare_peer hausdorff A B  the sampled symmetric Hausdorff distance: the truth is no less
#include <CGAL/Exact_predicates_exact_constructions_kernel.h>
#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Polygon_mesh_processing/IO/polygon_mesh_io.h>
#include <CGAL/Polygon_mesh_processing/corefinement.h>
#include <CGAL/Polygon_mesh_processing/distance.h>
#include <CGAL/Polygon_mesh_processing/measure.h>
#include <CGAL/Surface_mesh.h>
#include <cstdio>
#include <string>

namespace PMP = CGAL::Polygon_mesh_processing;
using Exact = CGAL::Surface_mesh<CGAL::Exact_predicates_exact_constructions_kernel::Point_3>;
using Plain = CGAL::Surface_mesh<CGAL::Exact_predicates_inexact_constructions_kernel::Point_3>;

template <class Mesh> static bool read(char **name, Mesh m[2])
{
    for (int i = 0; i < 2; i++)
        if (!CGAL::IO::read_polygon_mesh(name[i], m[i])) return false;
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    if (std::string(argv[1]) == "overlap") {
        Exact m[2], both;
        if (!read(argv + 2, m) || !CGAL::is_closed(m[0]) || !CGAL::is_closed(m[1])) return 2;
        const double a = CGAL::to_double(PMP::volume(m[0])), b = CGAL::to_double(PMP::volume(m[1]));
        if (!PMP::corefine_and_compute_intersection(m[0], m[1], both)) return 2;
        std::printf("%.12g %.12g %.12g\n", a, b, both.is_empty() ? 0.0 : CGAL::to_double(PMP::volume(both)));
        return 0;
    }
    Plain m[2];
    if (!read(argv + 2, m)) return 2;
    const auto each = CGAL::parameters::number_of_points_per_area_unit(1);
    std::printf("%.9g\n", PMP::approximate_symmetric_Hausdorff_distance<CGAL::Sequential_tag>(m[0], m[1], each, each));
    return 0;
}
