/* SPDX-License-Identifier: GPL-3.0-or-later */
/* termlist.h: the tables behind terms.h. Lower-case ASCII, sorted by bytes. */
#ifndef LM_VOLUME_TERMLIST_H
#define LM_VOLUME_TERMLIST_H

#include <stddef.h>

extern const char *const lm_termlist_word[];
extern const size_t lm_termlist_word_count;
extern const char *const lm_termlist_link[];
extern const size_t lm_termlist_link_count;

#endif
