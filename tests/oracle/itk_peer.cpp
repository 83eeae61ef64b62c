// SPDX-License-Identifier: GPL-3.0-or-later
// itk_peer: what grey_stages does, by ITK: `itk_peer VOLUME.nrrd WHAT LEVEL [THREADS]` prints seconds by the clock and of all
// threads, and the peak memory in MB. The volume: short, raw, little-endian, as dcmseg writes it.
#include <itkBinaryThresholdImageFilter.h>
#include <itkConnectedComponentImageFilter.h>
#include <itkGeodesicActiveContourLevelSetImageFilter.h>
#include <itkGradientMagnitudeRecursiveGaussianImageFilter.h>
#include <itkBoundedReciprocalImageFilter.h>
#include <itkMedianImageFilter.h>
#include <itkMorphologicalWatershedFromMarkersImageFilter.h>
#include <itkMultiThreaderBase.h>
#include <itkSignedMaurerDistanceMapImageFilter.h>
#include <itkSmoothingRecursiveGaussianImageFilter.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <sys/resource.h>

using Grey = itk::Image<short, 3>;
using Mask = itk::Image<unsigned char, 3>;
using Real = itk::Image<float, 3>;
using Label = itk::Image<unsigned, 3>;

static Grey::Pointer load(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) return nullptr;
    char line[8192];
    Grey::SizeType size{};
    double d[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    while (fgets(line, sizeof line, f) && line[0] != '\n') {
        unsigned long n[3];
        if (sscanf(line, "sizes: %lu %lu %lu", n, n + 1, n + 2) == 3) size = {{n[0], n[1], n[2]}};
        sscanf(line, "space directions: (%lf,%lf,%lf) (%lf,%lf,%lf) (%lf,%lf,%lf)", d, d + 1, d + 2, d + 3, d + 4, d + 5, d + 6,
               d + 7, d + 8);
        if (!strncmp(line, "type:", 5) && !strstr(line, "short")) return nullptr;
    }
    auto image = Grey::New();
    image->SetRegions(size);
    const double step[3] = {d[0], d[4], d[8]};
    image->SetSpacing(step);
    image->Allocate();
    const size_t all = size[0] * size[1] * size[2];
    const bool good = fread(image->GetBufferPointer(), sizeof(short), all, f) == all;
    fclose(f);
    return good ? image : nullptr;
}

template <class Image, class Source> static typename Image::Pointer thresholded(Source source, double lo)
{
    auto t = itk::BinaryThresholdImageFilter<typename Source::ObjectType, Image>::New();
    t->SetInput(source);
    t->SetLowerThreshold(static_cast<typename Source::ObjectType::PixelType>(lo));
    t->SetInsideValue(1);
    t->SetOutsideValue(0);
    t->Update();
    return t->GetOutput();
}

static Real::Pointer distance(Mask::Pointer mask)
{
    auto d = itk::SignedMaurerDistanceMapImageFilter<Mask, Real>::New();
    d->SetInput(mask);
    d->SquaredDistanceOn();
    d->UseImageSpacingOn();
    d->Update();
    return d->GetOutput();
}

static void work(Grey::Pointer v, const std::string &what, double level)
{
    if (what == "median") {
        auto f = itk::MedianImageFilter<Grey, Grey>::New();
        f->SetInput(v);
        f->SetRadius(1);
        f->Update();
    } else if (what == "gauss") {
        auto f = itk::SmoothingRecursiveGaussianImageFilter<Grey, Real>::New();
        f->SetInput(v);
        f->SetSigma(1);
        f->Update();
    } else if (what == "dilate") {
        auto t = itk::BinaryThresholdImageFilter<Real, Mask>::New();
        t->SetInput(distance(thresholded<Mask>(v, level)));
        t->SetUpperThreshold(25);
        t->Update();
    } else if (what == "components") {
        auto f = itk::ConnectedComponentImageFilter<Mask, Label>::New();
        f->SetInput(thresholded<Mask>(v, level));
        f->Update();
    } else if (what == "watershed") {
        auto markers = Label::New();
        markers->SetRegions(v->GetLargestPossibleRegion());
        markers->SetSpacing(v->GetSpacing());
        markers->Allocate(true);
        const auto n = v->GetLargestPossibleRegion().GetSize();
        unsigned label = 0;
        for (size_t k = 16; k < n[2]; k += 32)
            for (size_t j = 16; j < n[1]; j += 32)
                for (size_t i = 16; i < n[0]; i += 32) markers->GetBufferPointer()[(k * n[1] + j) * n[0] + i] = ++label;
        auto f = itk::MorphologicalWatershedFromMarkersImageFilter<Grey, Label>::New();
        f->SetInput1(v);
        f->SetInput2(markers);
        f->MarkWatershedLineOff();
        f->Update();
    } else if (what == "contour") {
        auto g = itk::GradientMagnitudeRecursiveGaussianImageFilter<Grey, Real>::New();
        g->SetInput(v);
        g->SetSigma(1);
        auto e = itk::BoundedReciprocalImageFilter<Real, Real>::New();
        e->SetInput(g->GetOutput());
        auto d = itk::SignedMaurerDistanceMapImageFilter<Mask, Real>::New();
        d->SetInput(thresholded<Mask>(v, level));
        auto f = itk::GeodesicActiveContourLevelSetImageFilter<Real, Real>::New();
        f->SetInput(d->GetOutput());
        f->SetFeatureImage(e->GetOutput());
        f->SetPropagationScaling(0);
        f->SetCurvatureScaling(1);
        f->SetAdvectionScaling(1);
        f->SetMaximumRMSError(0);
        f->SetNumberOfIterations(50);
        f->Update();
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    if (argc > 4) itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(static_cast<unsigned>(atoi(argv[4])));
    auto v = load(argv[1]);
    if (!v) return 2;
    const auto t = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    work(v, argv[2], atof(argv[3]));
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("%.3f %.3f %.0f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count(),
           static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC, static_cast<double>(use.ru_maxrss) / 1024);
    return 0;
}
