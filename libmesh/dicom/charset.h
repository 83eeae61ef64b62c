/* SPDX-License-Identifier: GPL-3.0-or-later */
/* charset.h: text of DICOM elements as UTF-8, by Specific Character Set (0008,0005) (PS3.3 C.12.1.1.2, PS3.5 6.1).
 *
 * One-byte sets ISO_IR 6 13 100 101 109 110 126 127 138 144 148 166 203, with and without code extensions; by ISO 2022 escapes
 * also ISO 2022 IR 87 159 (Japanese), 149 (Korean), 58 (Chinese); ISO_IR 192, GB18030 and GBK whole. Escapes are followed to the
 * sets they name, whether or not the element lists them; what is in force before the first one, and again behind each delimiter
 * (backslash, line end; ^ and = of names), is the first set listed. The tables are those of libc's iconv. */
#ifndef LM_DICOM_CHARSET_H
#define LM_DICOM_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

/* n bytes of text (up to the first zero byte) to UTF-8 in out, terminated. set is the value of (0008,0005), n_set bytes; 0: none
 * stated. Bytes that mean nothing in their set become U+FFFD; control characters blanks; blanks at the end are dropped. Without a
 * known set, bytes that are UTF-8 are kept as such, else taken for Latin-1. Longer text is cut at a character; 3*n + 1 is
 * always enough. name: the text is a person's name. */
void lm_charset_utf8(const char *set, size_t n_set, const char *text, size_t n, bool name, char *out, size_t cap);
/* Length of the well-formed UTF-8 sequence (RFC 3629) in the n bytes at p, or 0. */
size_t lm_charset_utf8_length(const unsigned char *p, size_t n);

#endif
