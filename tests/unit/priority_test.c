/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overlapping segments by priority: each sample goes where the plain rule says, sample by sample; runs stay as they must be. */
#include "volume/priority.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { NI = 31, NJ = 7, NK = 3, N = NI * NJ * NK, SEGMENTS = 4 };

static void random_regions(lm_regions *r, uint32_t seed, bool in[SEGMENTS][N])
{
    const lm_vol v = {.n = {NI, NJ, NK}, .dir = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    lm_regions_on(r, &v);
    for (uint32_t s = 0; s < SEGMENTS; s++) {
        const lm_part part = {.label = 3 * s + 2};
        lm_region *g;
        assert_int_equal(lm_regions_add(r, &part, &g, NULL), LM_OK);
        for (size_t at = 0; at < N;) {
            size_t end = at;
            seed = seed * 1664525 + 1013904223;
            const bool now = seed >> 31;
            const size_t length = 1 + (seed >> 20) % 9;
            while (end < N && end < at + length && (end == at || end % NI)) in[s][end++] = now;
            if (now && at && at % NI && in[s][at - 1]) { /* it touches the last one: leave a gap */
                in[s][at] = false;
                at++;
                if (at == end) continue;
            }
            if (now) assert_int_equal(lm_regions_run(r, g, at, end - at, NULL), LM_OK);
            at = end;
        }
    }
}

static void by_rule(void **state)
{
    (void)state;
    static const uint32_t order[][SEGMENTS] = {{2, 5, 8, 11}, {11, 8, 5, 2}, {8, 99, 2, 8}, {5, 0, 0, 0}};
    for (size_t o = 0; o < sizeof order / sizeof *order; o++)
        for (uint32_t seed = 1; seed < 40; seed++) {
            static bool in[SEGMENTS][N];
            lm_regions r = LM_REGIONS_INIT;
            uint64_t lost[SEGMENTS];
            random_regions(&r, seed, in);
            assert_int_equal(lm_priority_apply(&r, order[o], SEGMENTS, lost, NULL), LM_OK);
            for (uint32_t s = 0; s < SEGMENTS; s++) {
                const lm_region *g = lm_regions_find(&r, 3 * s + 2);
                uint64_t was = 0, is = 0;
                size_t run = 0;
                for (size_t i = 0; i < N; i++) {
                    bool keep = in[s][i];
                    for (size_t k = 0; k < SEGMENTS && order[o][k] != 3 * s + 2; k++) /* a segment before it has the sample */
                        if (order[o][k] % 3 == 2 && order[o][k] < 12 && in[(order[o][k] - 2) / 3][i]) keep = false;
                    while (run < g->n_runs && g->run[run].start + g->run[run].n <= i) run++;
                    assert_int_equal(run < g->n_runs && g->run[run].start <= i, keep);
                    was += in[s][i];
                    is += keep;
                }
                assert_int_equal(g->voxels, is);
                assert_int_equal(lost[s], was - is);
                for (size_t k = 0; k < g->n_runs; k++)
                    assert_int_equal(g->run[k].start / NI, (g->run[k].start + g->run[k].n - 1) / NI);
            }
            lm_vol map = LM_VOL_INIT;
            lm_err err = LM_ERR_INIT;
            if (o < 2) assert_int_equal(lm_regions_to_vol(&r, &map, &err), LM_OK);
            lm_vol_release(&map);
            lm_regions_release(&r);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_rule)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
