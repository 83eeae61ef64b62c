# SPDX-License-Identifier: GPL-3.0-or-later
# meshqa: one makefile. `make help` lists the targets, `make config=asan` builds another flavour beside the others.
# Local settings (compiler, paths) go into config.mk, which git does not know.
-include config.mk

config  ?= release
prefix  ?= /usr/local
DESTDIR ?=
VERSION := $(shell sed -n 's/.*LM_VERSION "\(.*\)".*/\1/p' libmesh/base/version.h)

B := build/$(config)
CC ?= gcc
CXX ?= g++
ifeq ($(config),fuzz)
CC  := clang
CXX := clang++
endif

# GDCM comes without a .pc file: our own overridable default.
GDCM_CFLAGS  ?= -isystem /usr/include/gdcm-3.0
GDCM_LIBS    ?= -lgdcmMSFF -lgdcmDSED -lgdcmDICT -lgdcmCommon -lstdc++

THREE ?= /usr/share/javascript/three

PKGS         := libadmesh libzip libarchive libpcre2-8 libdeflate expat jansson libpng zlib nettle
PKG_CFLAGS   := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS     := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

OPT_release := -O2 -g -DNDEBUG
OPT_debug   := -O0 -g3 -Werror
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DLM_SANITIZE -Werror
OPT_tsan    := -O1 -g -fsanitize=thread -DLM_SANITIZE
OPT_cov     := -O0 -g --coverage
OPT_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -DLM_SANITIZE
ifndef OPT_$(config)
$(error config=$(config) is unknown: release, debug, asan, tsan, cov or fuzz)
endif

# -ffp-contract=off and no fast-math: results are the same bytes everywhere (docs/ARCHITECTURE.md, promises).
WARN     := -Wall -Wextra -Wshadow -Wvla -Wundef -Wformat=2
BASE     := $(OPT_$(config)) $(WARN) -ffp-contract=off -fno-math-errno -fvisibility=hidden -pthread -ffile-prefix-map=$(CURDIR)=. -MMD -MP \
            -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -Ilibmesh -Itools -I$(B)/gen -DLM_DATADIR='"$(prefix)/share/meshqa"' $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_   = -std=c17 -Wstrict-prototypes -Wmissing-prototypes $(BASE) $(CFLAGS)
CXXFLAGS_ = -std=c++17 $(BASE) -fno-sanitize=vptr $(if $(filter fuzz,$(config)),-fno-sanitize=function) $(GDCM_CFLAGS) $(CXXFLAGS)
LIBS_     = $(GDCM_LIBS) $(PKG_LIBS) -lpthread -lm
LDFLAGS_  = $(filter -fsanitize% --coverage,$(OPT_$(config))) $(LDFLAGS)

# ---- what is built ----
TOOLS     := $(patsubst tools/%.c,%,$(wildcard tools/*.c))
GENS      := $(patsubst fixtures/gen/%.c,%,$(wildcard fixtures/gen/gen_*.c))
LIB_OBJ   := $(patsubst %.c,$(B)/%.o,$(wildcard libmesh/*/*.c)) $(patsubst %.cpp,$(B)/%.o,$(wildcard libmesh/*/*.cpp))
REP_OBJ   := $(patsubst %.c,$(B)/%.o,$(wildcard reports/*.c))
CLI_OBJ   := $(patsubst %.c,$(B)/%.o,$(wildcard tools/cli/*.c))
GEN_OBJ   := $(patsubst %.c,$(B)/%.o,$(filter-out fixtures/gen/gen_%,$(wildcard fixtures/gen/*.c)))
UNIT      := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*_test.c))
FUZZ      := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
HELPERS   := $(patsubst tests/lib/%.c,$(B)/tests/lib/%,$(filter-out %_preload.c,$(wildcard tests/lib/*.c)))
PRELOADS  := $(patsubst tests/lib/%.c,$(B)/tests/lib/%.so,$(wildcard tests/lib/*_preload.c))
LIB       := $(B)/libmeshqa.a
BINS      := $(addprefix $(B)/bin/,$(TOOLS))
GENBINS   := $(addprefix $(B)/bin/,$(GENS))
MAN       := $(wildcard man/*.[157])

all: $(BINS) $(GENBINS) ## build the tools and the fixture generators into build/<config>/bin

$(LIB): $(LIB_OBJ) $(REP_OBJ) $(B)/gen/viewer_js.o
	@rm -f $@; mkdir -p $(@D)
	$(AR) rcs $@ $^

$(B)/%_avx2.o: %_avx2.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_) -mavx2 -c -o $@ $<
# Loops over every sample of a volume: vectors pay. Nothing is computed otherwise (no fast-math).
$(B)/libmesh/dicom/decode.o $(B)/libmesh/volume/shift.o $(B)/libmesh/segment/median.o $(B)/libmesh/segment/gauss.o $(B)/libmesh/segment/diffuse.o $(B)/libmesh/segment/bilateral.o $(B)/libmesh/segment/resample.o: CFLAGS += $(if $(filter release,$(config)),-O3)
$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_) -c -o $@ $<
$(B)/%.o: %.cpp Makefile
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS_) -c -o $@ $<

$(BINS): $(B)/bin/%: $(B)/tools/%.o $(CLI_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_) -o $@ $^ $(LIBS_)
$(GENBINS): $(B)/bin/%: $(B)/fixtures/gen/%.o $(GEN_OBJ) $(CLI_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_) -o $@ $^ $(LIBS_)
$(UNIT): $(B)/tests/unit/%: $(B)/tests/unit/%.o $(GEN_OBJ) $(CLI_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_) -o $@ $^ -lcmocka $(LIBS_)
$(HELPERS): $(B)/tests/lib/%: $(B)/tests/lib/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_) -o $@ $^ $(LIBS_)
# Libraries for LD_PRELOAD: never with a sanitizer, which has its own malloc.
$(PRELOADS): $(B)/tests/lib/%.so: tests/lib/%.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE -O2 $(WARN) -shared -fPIC -fvisibility=hidden $(CFLAGS) -o $@ $< -ldl
# Fuzz targets: libFuzzer under config=fuzz, else with a plain main that runs the files it is given (regression).
FUZZ_MAIN := $(if $(filter fuzz,$(config)),-fsanitize=fuzzer,$(B)/tests/fuzz/main.o)
$(FUZZ): $(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(LIB) $(if $(filter fuzz,$(config)),,$(B)/tests/fuzz/main.o)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_) -o $@ $(B)/tests/fuzz/$*.o $(FUZZ_MAIN) $(LIB) $(LIBS_)

# The report's style sheet travels inside the program.
$(B)/gen/report_css.h: reports/template/report.css tools/scripts/embed.sh
	@mkdir -p $(@D)
	tools/scripts/embed.sh report_css $< > $@
$(B)/reports/page.o: $(B)/gen/report_css.h
# So does the script of its 3D view, with three.js as Debian has it.
$(B)/gen/viewer_js.S: reports/template/viewer.js $(THREE)/three.min.js $(THREE)/examples/js/controls/OrbitControls.js tools/scripts/viewer.sh
	@mkdir -p $(@D)
	tools/scripts/viewer.sh $(THREE) $< $(B)/gen
$(B)/gen/viewer_js.o: $(B)/gen/viewer_js.S
	$(CC) -c -o $@ $<
$(B)/reports/viewer.o: $(B)/gen/viewer_js.S

DEPS := $(shell find $(B) -name '*.d' 2>/dev/null)
-include $(DEPS)

# ---- packages: building and testing each need some; the script knows which and how to get them ----
deps-build:
	@tools/scripts/install-deps.sh build
deps-test:
	@tools/scripts/install-deps.sh build test
.PHONY: deps-build deps-test

# ---- the main job ----
OUT ?= out
demo: ## run the whole pipe on a generated phantom, or on your series: make demo DICOM=DIR [OUT=DIR] [WALL=1.5mm] [HOLLOW=2mm]
	@tools/scripts/install-deps.sh build
	@$(MAKE) --no-print-directory -s all config=$(config)
	@B=$(B) OUT='$(OUT)' DICOM='$(DICOM)' tools/scripts/demo.sh

# ---- proof ----
tests: $(UNIT) $(FUZZ) $(HELPERS) $(PRELOADS) all
check: ## build and run the everyday suite (T=name runs one test file); last line: N passed, N failed, N skipped
	@tools/scripts/install-deps.sh build test
	@$(MAKE) --no-print-directory -s tests config=$(config)
	@B=$(B) T='$(T)' tests/run.sh
check-oracles: ## compare with outside programs (installs them; minutes)
	@tools/scripts/install-deps.sh build test oracles
	@$(MAKE) --no-print-directory -s tests config=$(config)
	@B=$(B) T='$(T)' tests/run.sh oracle
check-long: ## every fault injected, 100,000 damaged DICOM files, the proof of topology in full, sanitizer builds of the whole suite, and ten minutes of fuzzing per reader
	@tools/scripts/install-deps.sh build test fuzz
	@FAULTS=all FILE_SECONDS=14400 $(MAKE) --no-print-directory check config=release T=faults
	@MUTATIONS=100000 FILE_SECONDS=14400 $(MAKE) --no-print-directory check config=release T=mutate
	@for t in nets topology preserve; do MESHQA_LONG=1 $(MAKE) --no-print-directory check config=release T=$$t || exit 1; done
	@for c in asan tsan; do $(MAKE) --no-print-directory check config=$$c || exit 1; done
	@$(MAKE) --no-print-directory -s config=fuzz tests && B=build/fuzz tests/fuzz/run.sh
ci: check ## what automation calls
bench: ## time and peak memory of every stage and of the whole pipe, beside the peers that are installed
	@tools/scripts/install-deps.sh build
	@$(MAKE) --no-print-directory -s all config=release
	@B=build/release tests/bench/run.sh
accuracy: ## volumes and areas of known bodies beside the peers that are installed: writes docs/ACCURACY.md anew
	@tools/scripts/install-deps.sh build
	@$(MAKE) --no-print-directory -s all config=release
	@B=build/release tests/bench/accuracy.sh
man: ## lint the manual pages
	mandoc -Tlint -W warning $(MAN)
lint: ## layering, SPDX lines, static analysis
	@tools/scripts/lint.sh
format: ## lay out the sources by .clang-format
	clang-format -i $(shell git ls-files '*.c' '*.h' '*.cpp')

install: all ## install into prefix (DESTDIR respected)
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/share/meshqa/presets $(addprefix $(DESTDIR)$(prefix)/share/man/man,1 5 7)
	install -m 755 $(BINS) $(DESTDIR)$(prefix)/bin
	install -m 644 tools/presets/*.preset $(DESTDIR)$(prefix)/share/meshqa/presets
	install -m 644 tools/meshqa.mk $(DESTDIR)$(prefix)/share/meshqa
	for m in $(MAN); do install -m 644 $$m $(DESTDIR)$(prefix)/share/man/man$${m##*.}/; done
	install -d $(DESTDIR)$(prefix)/share/bash-completion/completions $(DESTDIR)$(prefix)/share/zsh/site-functions
	for t in $(TOOLS); do \
	    tools/scripts/completion.sh bash $(B)/bin/$$t > $(DESTDIR)$(prefix)/share/bash-completion/completions/$$t && \
	    tools/scripts/completion.sh zsh $(B)/bin/$$t > $(DESTDIR)$(prefix)/share/zsh/site-functions/_$$t || exit 1; done
uninstall: ## remove what install put there
	rm -f $(addprefix $(DESTDIR)$(prefix)/bin/,$(TOOLS))
	for m in $(MAN); do rm -f $(DESTDIR)$(prefix)/share/man/man$${m##*.}/$$(basename $$m); done
	rm -f $(addprefix $(DESTDIR)$(prefix)/share/bash-completion/completions/,$(TOOLS)) $(addprefix $(DESTDIR)$(prefix)/share/zsh/site-functions/_,$(TOOLS))
	rm -rf $(DESTDIR)$(prefix)/share/meshqa
clean: ## remove everything that was built
	rm -rf build out
help: ## this list
	@echo 'make [target] [config=release|debug|asan|tsan|cov|fuzz] [prefix=DIR] [DESTDIR=DIR]'
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r t d; do printf '  %-14s %s\n' "$$t" "$$d"; done

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all demo tests check check-oracles check-long ci bench accuracy man lint format install uninstall clean help
