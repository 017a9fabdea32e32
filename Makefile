# SPDX-License-Identifier: Apache-2.0
#
# Makefile -- everything that can be built, tried and measured; `make help` lists it.
# All output goes to build/. The library, the tools and the demo need a C compiler
# and make; the tests install what else they need from Debian (`make deps`).
#
# A file takes part by being there: library files in the four layers, programs in
# examples/, tests in test/test_*.c. Only locket.c names its parts, and `make
# layers` sees that it forgets none.

CFLAGS  ?= -O2
AR      ?= ar
PREFIX  ?= /usr/local
DESTDIR ?=
B       := build
J       := -j$(shell nproc 2>/dev/null || echo 2)
CLANG   ?= clang
ARM     ?= arm-none-eabi-
M32     ?= i686-linux-gnu-
BIG     ?= powerpc-linux-gnu-

STD  := -std=c99
WARN := -Wall -Wextra -Wconversion -Wshadow -Wcast-align -Wstrict-prototypes -Wmissing-prototypes -Wvla -pedantic -Werror
INC  := -Iinclude -Icrypto -Irecord -Ialert -Ihandshake
# Check's macros are not written for these three.
TEST_WARN := $(filter-out -Wconversion -pedantic -Wvla,$(WARN))

LAYERS   := crypto record alert handshake
PUBLIC   := include/locket.h include/locket_config.h include/locket_port.h include/locket_storage.h
LIB_C    := $(sort $(foreach d,$(LAYERS),$(wildcard $(d)/*.c)))
LIB_H    := $(PUBLIC) $(sort $(foreach d,$(LAYERS),$(wildcard $(d)/*.h)))
MAINS    := client server relay demo loop
SHARED_C := $(filter-out $(MAINS:%=examples/%.c),$(sort $(wildcard examples/*.c)))
TOOLS    := $(B)/locket-client $(B)/locket-server
PROGRAMS := $(TOOLS) $(B)/locket-relay $(B)/locket-demo $(B)/loop
SUITES   := $(sort $(patsubst test/%.c,%,$(wildcard test/test_*.c)))
HELPER_C := $(filter-out test/main.c test/wire.c test/test_%.c,$(sort $(wildcard test/*.c)))
TEST_C   := test/main.c $(SUITES:%=test/%.c) $(HELPER_C)

heading = printf '\n==== %s ====\n' "$(1)"

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all
all: $(B)/liblocket.a $(PROGRAMS) ## the library, the tools and the demo, in build/

# ---- What ships -------------------------------------------------------------------

# Other flags than last time: build it anew.
BUILT_WITH = $(CC) $(STD) $(WARN) $(CFLAGS)
$(B)/built-with: FORCE
	@mkdir -p $(@D)
	@echo '$(BUILT_WITH)' | cmp -s - $@ || echo '$(BUILT_WITH)' > $@

$(B)/locket.o: locket.c $(B)/built-with
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(INC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/liblocket.a: $(B)/locket.o
	@rm -f $@
	$(AR) rcs $@ $<

$(B)/examples/%.o: examples/%.c $(B)/built-with
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -Iinclude -Iexamples $(CFLAGS) -MMD -MP -c -o $@ $<

# An archive, so that every program takes only what it calls.
$(B)/examples/shared.a: $(SHARED_C:%.c=$(B)/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

# Twice: the programs call the library, and the library calls port_posix.c.
LINKED := $(B)/examples/shared.a $(B)/liblocket.a
$(TOOLS) $(B)/locket-relay $(B)/locket-demo: $(B)/locket-%: $(B)/examples/%.o $(LINKED)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LINKED) $(LINKED)

$(B)/loop: $(B)/examples/loop.o $(LINKED)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LINKED) $(LINKED)

.PHONY: demo loop single
demo: $(B)/locket-demo ## a meter and a gateway talk over loopback UDP, every byte shown
	@$(B)/locket-demo

loop: $(B)/loop ## the same without sockets: client and server over two buffers
	@$(B)/loop

single: $(B)/single/locket.c ## the library as two files: build/single/locket.c and locket.h

$(B)/single/locket.c: locket.c $(LIB_C) $(LIB_H) test/tools/amalgamate.awk
	@mkdir -p $(@D)
	awk -f test/tools/amalgamate.awk -v what=header > $(@D)/locket.h
	awk -f test/tools/amalgamate.awk -v what=source > $@

# ---- Installing -------------------------------------------------------------------

VERSION = $(shell sed -n 's/^\#define LOCKET_VERSION "\(.*\)"/\1/p' include/locket.h)

.PHONY: install uninstall
install: $(B)/liblocket.a $(TOOLS) ## library, headers, pkg-config file and tools to $(PREFIX) (PREFIX=, DESTDIR=)
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(B)/liblocket.a $(DESTDIR)$(PREFIX)/lib/
	install -m 644 $(PUBLIC) $(DESTDIR)$(PREFIX)/include/
	install -m 755 $(TOOLS) $(DESTDIR)$(PREFIX)/bin/
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@KNOBS@|$(filter -DLOCKET_%,$(CFLAGS))|' \
	    locket.pc.in > $(B)/locket.pc
	install -m 644 $(B)/locket.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/

uninstall: ## take all of that away again
	rm -f $(DESTDIR)$(PREFIX)/lib/liblocket.a $(DESTDIR)$(PREFIX)/lib/pkgconfig/locket.pc \
	    $(PUBLIC:include/%=$(DESTDIR)$(PREFIX)/include/%) $(TOOLS:$(B)/%=$(DESTDIR)$(PREFIX)/bin/%)

# ---- Unit tests -------------------------------------------------------------------
# One runner, built in many ways. Per variant: cc and flags; lib, what it links of the
# library (default: the tree, file by file, where internal functions are visible);
# check, a stand-in for libcheck where there is none or it is slow (its header says
# more); run, what runs it; what, in words.

RUNS := tree asan whole single portable m32 big clang
SANITIZE := -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all

tree.what  := the tree, file by file
tree.flags := $(CFLAGS) -g

asan.what  := the tree under AddressSanitizer and UndefinedBehaviorSanitizer
asan.flags := $(SANITIZE) -fsanitize=address,undefined -Wno-format-truncation
asan.check := test/check/check.c
# The kernel may place things where the sanitizer wants its shadow.
asan.run    = $(shell setarch -R true 2>/dev/null && echo setarch -R)

whole.what  := locket.c compiled whole, as it ships
whole.flags := $(CFLAGS) -g -DLOCKET_INTERNAL=
whole.lib   := locket.c

single.what  := the single file of make single
single.flags := -I$(B)/single $(CFLAGS) -g -DLOCKET_INTERNAL=
single.lib   := $(B)/single/locket.c

portable.what  := without AES-NI, PCLMULQDQ and SHA-NI
portable.flags := $(CFLAGS) -g -DLOCKET_CFG_X86=0

clang.what  := compiled by clang
clang.cc     = $(CLANG)
clang.flags := $(CFLAGS) -g

m32.what  := a 32-bit target
m32.cc     = $(M32)gcc
m32.flags := $(CFLAGS) -g -static
m32.check := test/check/check.c

big.what  := a big-endian 32-bit target (PowerPC under qemu)
big.cc     = $(BIG)gcc
big.flags := $(CFLAGS) -g -static
big.run   := qemu-ppc
big.check := test/check/check.c

msan.what  := under MemorySanitizer
msan.cc     = $(CLANG)
msan.flags := $(SANITIZE) -fsanitize=memory -fsanitize-memory-track-origins
msan.run    = $(shell setarch -R true 2>/dev/null && echo setarch -R)
msan.check := test/check/check.c

coverage.what  := counting lines and branches
coverage.flags := -O0 -g --coverage

define variant
$(1).cc    ?= $$(CC)
$(1).lib   ?= $$(LIB_C)
$(1).objs   = $$(patsubst %.c,$(B)/test/$(1)/%.o,$$($(1).lib) $$(TEST_C) $$($(1).check))
$(1).inc    = $$(INC) -Itest -I$(B)/test $$(if $$($(1).check),-Itest/check,-Itest/check/quick)
$(1).libs   = $$(if $$($(1).check),,$$$$(pkg-config --libs check))

$(B)/test/$(1)/%.o: %.c $(B)/test/$(1)/built-with
	@mkdir -p $$(@D)
	@$$($(1).cc) $$(STD) $$(WARN) $$($(1).flags) $$(INC) -MMD -MP -c -o $$@ $$<

$(B)/test/$(1)/test/%.o: test/%.c $(B)/test/$(1)/built-with | $(B)/test/suites.h
	@mkdir -p $$(@D)
	@$$($(1).cc) $$(STD) $$(TEST_WARN) $$($(1).flags) $$($(1).inc) -MMD -MP -c -o $$@ $$<

$(B)/test/$(1)/run: $$($(1).objs)
	@$$($(1).cc) $$($(1).flags) -o $$@ $$^ $$($(1).libs)

# Other flags than last time: build it anew.
$(B)/test/$(1)/built-with: FORCE
	@mkdir -p $$(@D)
	@echo '$$($(1).cc) $$($(1).flags)' | cmp -s - $$@ || echo '$$($(1).cc) $$($(1).flags)' > $$@

.PHONY: test-$(1)
test-$(1): $(B)/test/$(1)/run
	@$$(call heading,unit tests: $$($(1).what))
	@timeout 900 $$($(1).run) $$< > $$<.log 2>&1; s=$$$$?; grep -v '^Running suite\|^ [^ ]*$$$$' $$<.log; exit $$$$s
endef
$(foreach v,$(RUNS) msan coverage,$(eval $(call variant,$(v))))
.PHONY: FORCE
FORCE:

# Written only when the list of files has changed.
$(B)/test/suites.h: FORCE
	@mkdir -p $(@D)
	@{ printf '#define SUITES(X)'; printf ' X(%s)' $(SUITES:test_%=%); echo; } > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

.PHONY: check asan msan
check: test-tree ## unit tests of the tree alone: seconds, needs only libcheck
asan: test-asan ## the same under AddressSanitizer and UBSan
msan: test-msan ## the same under clang's MemorySanitizer

# ---- Checks of the house ----------------------------------------------------------

.PHONY: layers plain symbols cpp m3 wire installed
layers: ## nobody includes to the right, nothing is left out of locket.c
	@$(call heading,layers)
	@python3 test/tools/layers.py

plain: $(B)/locket.o ## the rules of style that a script can see
	@$(call heading,plain)
	@python3 test/tools/plain.py
	@test/tools/state.sh $<

symbols: $(B)/locket.o $(B)/single/locket.c ## the object shows locket_* and wants next to nothing
	@$(call heading,symbols)
	@$(CC) $(STD) $(WARN) $(CFLAGS) -I$(B)/single -c -o $(B)/single/locket.o $(B)/single/locket.c
	@test/tools/symbols.sh $(B)/locket.o $(B)/single/locket.o

CXX_WARN := -std=c++11 -Wall -Wextra -pedantic -Werror
cpp: $(B)/liblocket.a $(B)/single/locket.c ## locket.h as C++, every function called from it
	@$(call heading,C++)
	@test/tools/every_function.sh $(B)/liblocket.a test/tools/cpp.cc
	@$(CXX) $(CXX_WARN) -Iinclude -o $(B)/cpp test/tools/cpp.cc $(B)/liblocket.a
	@$(CXX) $(CXX_WARN) -I$(B)/single -o $(B)/single/cpp test/tools/cpp.cc $(B)/liblocket.a
	@$(B)/cpp && $(B)/single/cpp

M3_CC = $(ARM)gcc -mcpu=cortex-m3 -mthumb
m3: $(B)/single/locket.c ## Cortex-M3: as one file it compiles without a warning (budget compiles the rest)
	@$(call heading,Cortex-M3)
	@for f in locket.c $<; do $(M3_CC) $(STD) $(WARN) -O2 $(INC) -c -o $(B)/m3.o $$f || exit 1; done
	@echo 'no warning at -O2'

wire: $(B)/wire ## bytes and datagrams of every kind of handshake, against the floor of the RFCs
	@$(call heading,wire)
	@$(B)/wire

$(B)/wire: $(patsubst %.c,$(B)/test/tree/%.o,test/wire.c $(HELPER_C) $(LIB_C))
	$(CC) $(CFLAGS) -o $@ $^

installed: all ## make install into a scratch folder, and a program built against that
	@$(call heading,install)
	@test/tools/installed.sh "$(CC)"

.PHONY: interop
interop: all ## OpenSSL, GnuTLS, Mbed TLS and libcoap over loopback, tshark as referee
	@$(call heading,interop)
	@test/interop/run $(B)

.PHONY: readme
readme: $(B)/budget/budget.json ## what README.md says is so: its C compiles, its figures are measured
	@$(call heading,readme)
	@test/tools/readme.py "$(CC)"
	@python3 test/budget/tables.py check $<

# The larger instruments bring their own targets and packages.
include $(sort $(wildcard test/*/targets.mk))

# ---- All of it --------------------------------------------------------------------

PACKAGES := gcc make libc6-dev check pkg-config g++ clang python3 \
    python3-cryptography-vectors \
    gcc-i686-linux-gnu libc6-dev-i386-cross gcc-powerpc-linux-gnu libc6-dev-powerpc-cross qemu-user \
    lcov $(shell sed 's/ *\#.*//' $(sort $(wildcard test/*/packages)))
HOUSE := layers plain symbols cpp m3 budget wire installed readme

.PHONY: deps test coverage
deps: ## install from Debian what the tests need and this machine lacks
	@$(call heading,packages)
	@test/tools/deps.sh $(PACKAGES)

test: ## unit tests in every form, checks of the house, other stacks, the demo
	@$(MAKE) --no-print-directory deps
	@$(call heading,build)
	@$(MAKE) --no-print-directory $(J) all single $(RUNS:%=$(B)/test/%/run)
	@$(MAKE) --no-print-directory $(J) --output-sync=target $(HOUSE) $(RUNS:%=test-%)
	@[ ! -e test/interop/run ] || $(MAKE) --no-print-directory interop
	@$(call heading,loop and demo)
	@$(MAKE) --no-print-directory loop demo
	@$(call heading,all unit tests)
	@test/tools/closing.sh $(foreach v,$(RUNS),"$(B)/test/$(v)/run.log" "$($(v).what)")

coverage: $(B)/test/coverage/run ## lines and branches that the unit tests reach: build/coverage/index.html
	@find $(B)/test/coverage -name '*.gcda' -exec rm {} +
	@$(MAKE) --no-print-directory test-coverage
	@$(call heading,coverage)
	@test/tools/coverage.sh $(B)/test/coverage $(B)/coverage $(LAYERS)

# What needs longer, each in the form that suits a run of a few minutes.
INSTRUMENTS := coverage knobs rfc fuzz-replay lossy rfc-mutants mutants-short firmware-run instructions \
    msan wipequick ctquick analyze bench-short
# Another draw with every commit, and the same one on every machine.
DRAW = $(shell git log -1 --format=%ct 2>/dev/null || echo 1)
.PHONY: instruments
instruments: ## the long instruments, shortened, as CI runs them after make test
	@for i in $(INSTRUMENTS); do $(MAKE) --no-print-directory $$i RFC_DRAW=10 RFC_SEED=$(DRAW) MUTANTS_SEED=$(DRAW) || exit 1; done

.PHONY: clean help
clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@awk -F ':[^#]*## ' 'FNR == 1 && NR > 1 { h = "Instruments, in test/" } \
	    /^# ---- / && FNR == NR { h = $$0; gsub(/^# -+ *| *-+$$/, "", h) } \
	    /^[a-z0-9-]+:.*## / { if (h != said) printf "\n%s\n", said = h; printf "  make %-20s %s\n", $$1, $$2 }' \
	    Makefile $(sort $(wildcard test/*/targets.mk))
	@printf '\n  make test-X               one run of the unit tests; X is one of: %s\n' '$(RUNS) msan'

-include $(wildcard $(B)/*.d $(B)/*/*.d $(B)/test/*/*.d $(B)/test/*/*/*.d $(B)/test/*/*/*/*.d)
