/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drain_plan.h: where the holes of drain.h are to be, and how long. */
#ifndef LM_SHELL_DRAIN_PLAN_H
#define LM_SHELL_DRAIN_PLAN_H

#include "shell/drain.h"

/* Fills in holes and hollows of facts, which the caller releases on error too. Errors of lm_drain; LM_ENO when there is no hole. */
LM_CHECKED lm_status lm_drain_plan(const lm_mesh *part, const lm_drain_opt *opt, lm_drain_facts *facts, lm_err *err);

#endif
