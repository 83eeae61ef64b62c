/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parts_ball.h: the surface of a ball of four parts that share walls. Include after cmocka.h. */
#ifndef TESTS_UNIT_PARTS_BALL_H
#define TESTS_UNIT_PARTS_BALL_H

#include "surface/nets.h"
#include "surface/relax.h"

/* steps: of smoothing. mesh is replaced. */
static inline void parts_ball(lm_mesh *mesh, unsigned steps)
{
    lm_vol v = LM_VOL_INIT;
    lm_nets net = LM_NETS_INIT;
    lm_relax_facts facts;
    assert_int_equal(lm_vol_alloc(&v, (size_t[]){24, 24, 24}, LM_U8, NULL), LM_OK);
    uint8_t *l = v.data;
    for (int i = 0; i < 24 * 24 * 24; i++) {
        double x = i % 24 - 11.6, y = i / 24 % 24 - 11.4, z = i / 576 - 11.5;
        l[i] = (uint8_t)(x * x + y * y + z * z > 100 ? 0 : 1 + (x + 0.3 * z > 0) + 2 * (y - 0.2 * z > 0));
    }
    assert_int_equal(lm_nets_make(&v, 2, &net, NULL), LM_OK);
    assert_int_equal(lm_relax(&net, &v, &(lm_relax_opt){.steps = steps, .threads = 2}, mesh, &facts, NULL), LM_OK);
    lm_relax_release(&facts);
    lm_vol_release(&v);
}

#endif
