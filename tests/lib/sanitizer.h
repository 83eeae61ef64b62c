/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sanitizer.h: sanitizer builds have no limit on the address space: there, what damaged lengths ask for is refused all the same.
 * Include once per program. */
#ifndef TESTS_LIB_SANITIZER_H
#define TESTS_LIB_SANITIZER_H

#ifdef LM_SANITIZE
static const char limits[] = "max_allocation_size_mb=256:allocator_may_return_null=1";
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return limits;
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return limits;
}
#endif

#endif
