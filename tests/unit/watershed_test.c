/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watershed: the labels that scikit-image finds where no two heights are the same, and the order where all are. */
#include "segment/watershed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { N = 990 };

/* Heights are all different whole numbers: squared distance from the nearest marker, a shuffle, and the index. The numbers are
 * those of scikit-image 0.19 (segmentation.watershed, connectivity 1) for the same arrays. */
static void outside_labels(void **state)
{
    (void)state;
    static const size_t n[3] = {11, 10, 9}, marker[5] = {5, 333, 500, 777, 985}, size[6] = {77, 159, 270, 350, 131, 3};
    static float height[N];
    static uint8_t wall[N];
    static uint32_t label[N];
    for (size_t m = 0; m < 5; m++) label[marker[m]] = (uint32_t)m + 1;
    for (size_t i = 0; i < N; i++) {
        long near = 1000000;
        for (size_t m = 0; m < 5; m++) {
            const size_t q = marker[m];
            const long x = (long)(i % 11) - (long)(q % 11), y = (long)(i / 11 % 10) - (long)(q / 11 % 10),
                       z = (long)(i / 110) - (long)(q / 110), d = x * x + y * y + z * z;
            if (d < near) near = d;
        }
        height[i] = (float)((near * 60 + (long)((1 + i) * 457 % 997)) * 1024 + (long)i);
        wall[i] = i * 7 % 13 == 0 && !label[i];
    }
    assert_int_equal(lm_watershed(height, wall, n, label, NULL), LM_OK);
    size_t count[6] = {0};
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < N; i++) {
        count[label[i]]++;
        hash = (hash ^ label[i]) * 16777619U;
    }
    for (size_t m = 0; m < 6; m++) assert_int_equal(count[m], size[m]);
    assert_int_equal(hash, 3662748549U);
}

static void ties(void **state)
{
    (void)state;
    static const float height[2][7] = {{0}, {0, 0, 0, 1, 0, 0, 0}};
    static const uint8_t wall[2][7] = {{0}, {0, 0, 0, 0, 0, 1, 0}};
    static const uint32_t want[2][7] = {{1, 1, 1, 1, 2, 2, 2}, {1, 1, 1, 1, 1, 0, 2}};
    for (size_t i = 0; i < 2; i++)
        for (int axis = 0; axis < 3; axis++) {
            uint32_t label[7] = {1, 0, 0, 0, 0, 0, 2};
            size_t n[3] = {1, 1, 1};
            n[axis] = 7;
            assert_int_equal(lm_watershed(height[i], wall[i], n, label, NULL), LM_OK);
            assert_memory_equal(label, want[i], sizeof label);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(outside_labels), cmocka_unit_test(ties)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
