/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/cielab.h"

/* x^(1/5) for 0 < x <= 1, by Newton's method from above: falls until rounding stops it. */
static double cielab_root5(double x)
{
    double y = 1;
    for (int i = 0; i < 60; i++) y -= (y - x / (y * y * y * y)) / 5;
    return y;
}

/* Linear light of an 8-bit sRGB level, which need not be whole (IEC 61966-2-1). y^2.4 is y^2 times the fifth root of y^2. */
static double cielab_linear(double level)
{
    double v = level / 255, y = (v + 0.055) / 1.055;
    return v <= 0.04045 ? v / 12.92 : y * y * cielab_root5(y * y);
}

static double cielab_inverse(double t)
{
    return t > 6.0 / 29 ? t * t * t : 3 * (6.0 / 29) * (6.0 / 29) * (t - 4.0 / 29);
}

void lm_cielab_rgb(const uint16_t lab[3], uint8_t rgb[3])
{
    /* XYZ under D50 to linear sRGB, adapted by Bradford's transform (ICC.1) */
    static const double to_rgb[3][3] = {
        {3.1338561, -1.6168667, -0.4906146}, {-0.9787684, 1.9161415, 0.0334540}, {0.0719453, -0.2289914, 1.4052427}};
    double fy = (100.0 * lab[0] / 65535 + 16) / 116, fx = fy + (255.0 * lab[1] / 65535 - 128) / 500,
           fz = fy - (255.0 * lab[2] / 65535 - 128) / 200;
    double xyz[3] = {0.9642 * cielab_inverse(fx), cielab_inverse(fy), 0.8249 * cielab_inverse(fz)};
    for (int i = 0; i < 3; i++) {
        double c = to_rgb[i][0] * xyz[0] + to_rgb[i][1] * xyz[1] + to_rgb[i][2] * xyz[2];
        int lo = 0, hi = 255; /* the level whose neighbourhood of half a level holds c */
        while (lo < hi) {
            int mid = (lo + hi) / 2;
            if (c < cielab_linear(mid + 0.5)) hi = mid;
            else lo = mid + 1;
        }
        rgb[i] = (uint8_t)lo;
    }
}
