/* SPDX-License-Identifier: GPL-3.0-or-later */
/* terms.h: which names of labels may be shown (DESIGN 1.5). People write patients' names, dates and ids into the labels of
 * segments and contours, so a label goes out only when it is made of anatomical terms from a built-in list.
 *
 * Allowed are, parted by blanks and by any of _ - . , / + & ( ) [ ] :, in any case, also written as one word with capitals
 * between (LeftKidney) or with a number behind (Rib5):
 *   words of the list (termlist.c), of which one at least must be there;
 *   levels of the spine: C1..C8, T1..T12 or Th1..Th12, L1..L6, S1..S5, ranges of them (L4-S1), with BWK, HWK, LWK and numbers;
 *   connectors and up to two single letters (A_Carotid_L) or Roman numbers to VIII;
 *   up to two numbers of up to two digits (no date and no id has fewer). */
#ifndef LM_VOLUME_TERMS_H
#define LM_VOLUME_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is this text (UTF-8) made of such terms only? False for an empty one, and for more than 63 bytes. */
bool lm_terms_known(const char *text);
/* How a label is shown: the text itself, with control characters as blanks and cut at a whole character below cap, when it is
 * made of terms or keep_names says so; else, or when nothing is left of it, "part-N". cap at least 16. */
void lm_terms_name(const char *text, uint32_t label, bool keep_names, char *out, size_t cap);

#endif
