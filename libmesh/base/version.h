/* SPDX-License-Identifier: GPL-3.0-or-later */
/* version.h: the suite's version (semantic) and the version of the record schema in its streams. */
#ifndef LM_BASE_VERSION_H
#define LM_BASE_VERSION_H
#define LM_VERSION "0.1.0"
#define LM_SCHEMA 1
#endif
