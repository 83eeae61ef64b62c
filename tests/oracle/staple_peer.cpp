// SPDX-License-Identifier: GPL-3.0-or-later
// ITK's STAPLE: staple_peer NX NY NZ OUT FILE...: raw bytes of 0 and 1; prints sensitivity and specificity of each, writes float32.
#include "itkSTAPLEImageFilter.h"
#include <cstdio>
#include <cstdlib>
#include <fstream>

using Mask = itk::Image<unsigned char, 3>;
using Map = itk::Image<double, 3>;

int main(int argc, char **argv)
{
    if (argc < 6) return 2;
    Mask::SizeType size = {{(size_t)atol(argv[1]), (size_t)atol(argv[2]), (size_t)atol(argv[3])}};
    const size_t n = size[0] * size[1] * size[2];
    auto staple = itk::STAPLEImageFilter<Mask, Map>::New();
    for (int i = 5; i < argc; i++) {
        auto image = Mask::New();
        image->SetRegions(Mask::RegionType(size));
        image->Allocate();
        std::ifstream in(argv[i], std::ios::binary);
        if (!in.read(reinterpret_cast<char *>(image->GetBufferPointer()), (std::streamsize)n)) return 2;
        staple->SetInput((unsigned)(i - 5), image);
    }
    staple->SetForegroundValue(1);
    staple->Update();
    std::ofstream out(argv[4], std::ios::binary);
    for (size_t i = 0; i < n; i++) {
        const float w = (float)staple->GetOutput()->GetBufferPointer()[i];
        out.write(reinterpret_cast<const char *>(&w), sizeof w);
    }
    for (int i = 5; i < argc; i++)
        printf("%.9f %.9f\n", staple->GetSensitivity((unsigned)(i - 5)), staple->GetSpecificity((unsigned)(i - 5)));
    return 0;
}
