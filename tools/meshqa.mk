# SPDX-License-Identifier: GPL-3.0-or-later
# meshqa.mk: include this first in a Makefile that turns scans into parts (docs/MAKEFILES.md).
# A recipe ends at the first command that fails, also in the middle of a pipe, and what it had begun to write is removed:
# a case that fails leaves no part behind, and make says which. `make -k` goes on with the other cases.
ifeq ($(filter else-if,$(.FEATURES)),)
$(error meshqa.mk needs GNU make 3.82 or newer)
endif
SHELL := bash
.SHELLFLAGS := -o pipefail -ec
.DELETE_ON_ERROR:
# No rules but those that are written: make knows ways to make things that have nothing to do with parts.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
