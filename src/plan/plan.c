/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

void plan_free(struct plan *plan)
{
	vec_free(&plan->steps);
	vec_free(&plan->missing);
	arena_free(plan->arena);
	plan->arena = NULL;
}
