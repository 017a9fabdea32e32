# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- fuzzing: test/fuzz/fuzz.h says how, also with AFL++.

FUZZ_TARGETS  ?= fuzz_wire fuzz_record fuzz_client fuzz_server fuzz_ticket fuzz_session fuzz_sleep
FUZZ_SECONDS  ?= 60
FUZZ_OUT      ?= $(B)/fuzz
FUZZ_SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ          := $(B)/fuzz
FUZZ_DRIVEN   := fuzz_client fuzz_server
FUZZ_ALL      := fuzz_wire fuzz_record $(FUZZ_DRIVEN) fuzz_ticket fuzz_session fuzz_sleep

# Limits so low that a fuzzer comes to them; and connection IDs as long as they come.
FUZZ_KNOBS := -DLOCKET_CFG_BAD_TAGS_CCM=16 -DLOCKET_CFG_BAD_TAGS_GCM=16 \
    -DLOCKET_CFG_RECORDS_CCM=48 -DLOCKET_CFG_RECORDS_GCM=48 \
    -DLOCKET_CFG_CID_SIZE=32 -DLOCKET_CFG_PEER_CID_SIZE=32 -DLOCKET_CFG_CID_PADDING=5
FUZZ_INC   := $(INC) -Itest -Itest/fuzz

# What a target consists of: its own file, the helpers, and the library, real or weak. The
# program that writes seeds has no reach.c: the C library's own hooks do nothing.
FUZZ_REAL := $(LIB_C)
FUZZ_WEAK := $(filter-out crypto/aead.c crypto/ct.c,$(LIB_C)) $(addprefix test/fuzz/,weak_aead.c weak_ct.c)
FUZZ_HELP := test/fuzz/fuzz.c test/entropy.c
FUZZ_DRIVE := $(addprefix test/fuzz/,drive.c drive_calls.c invariant.c)
fuzz_wire.c   := test/fuzz/fuzz_wire.c   $(FUZZ_HELP) $(FUZZ_REAL)
fuzz_record.c := test/fuzz/fuzz_record.c $(FUZZ_HELP) $(FUZZ_REAL)
fuzz_client.c := test/fuzz/fuzz_client.c $(FUZZ_HELP) $(FUZZ_DRIVE) $(FUZZ_WEAK)
fuzz_server.c := test/fuzz/fuzz_server.c $(FUZZ_HELP) $(FUZZ_DRIVE) $(FUZZ_WEAK)
# Of drive.c they have the peers.
fuzz_ticket.c := test/fuzz/fuzz_ticket.c $(FUZZ_HELP) $(FUZZ_DRIVE) $(FUZZ_WEAK)
fuzz_session.c := test/fuzz/fuzz_session.c $(FUZZ_HELP) $(FUZZ_DRIVE) $(FUZZ_WEAK)
fuzz_sleep.c  := test/fuzz/fuzz_sleep.c  $(FUZZ_HELP) $(FUZZ_DRIVE) $(FUZZ_WEAK)
fuzz_seeds.c  := $(addprefix test/fuzz/,seeds.c seeds_wire.c seeds_driven.c seeds_by_hand.c seeds_back.c seeds_cid.c) \
    $(FUZZ_HELP) $(FUZZ_DRIVE) $(FUZZ_WEAK)

# ---- The replay: gcc, ASan and UBSan, every function noted ---------------------------

FUZZ_REPLAY := $(SANITIZE) -fsanitize=address,undefined $(FUZZ_KNOBS)
FUZZ_NOTED  := -finstrument-functions

$(FUZZ)/replay/obj/test/%.o: test/%.c
	@mkdir -p $(@D)
	@$(CC) $(STD) $(TEST_WARN) $(FUZZ_REPLAY) -D_POSIX_C_SOURCE=200809L $(FUZZ_INC) -MMD -MP -c -o $@ $<

$(FUZZ)/replay/obj/%.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(STD) $(WARN) $(FUZZ_REPLAY) $(FUZZ_NOTED) $(INC) -MMD -MP -c -o $@ $<

define fuzz_replay
$(FUZZ)/replay/$(1): $$(patsubst %.c,$(FUZZ)/replay/obj/%.o,$$($(1).c) test/fuzz/replay.c test/fuzz/reach.c)
	@$$(CC) $$(FUZZ_REPLAY) -o $$@ $$^
endef
$(foreach t,$(FUZZ_ALL),$(eval $(call fuzz_replay,$(t))))

$(FUZZ)/replay/seeds: $(patsubst %.c,$(FUZZ)/replay/obj/%.o,$(fuzz_seeds.c))
	@$(CC) $(FUZZ_REPLAY) -o $@ $^

# The kernel may place things where the sanitizer wants its shadow.
FUZZ_RUN = $(shell setarch -R true 2>/dev/null && echo setarch -R)

.PHONY: fuzz fuzz-build fuzz-replay fuzz-seeds
fuzz-replay: $(FUZZ_ALL:%=$(FUZZ)/replay/%) ## the fuzz corpus under ASan and UBSan; what it reaches
	@$(call heading,fuzz: replay of the corpus)
	@for t in $(FUZZ_ALL); do echo "$$t:"; \
	    FUZZ_REACH=$(FUZZ)/replay/$$t.reach $(FUZZ_RUN) timeout 300 \
	        $(FUZZ)/replay/$$t test/fuzz/corpus/$${t#fuzz_} || exit 1; done
	@python3 test/fuzz/reach.py $(FUZZ)/replay $(FUZZ_ALL)

fuzz-seeds: $(FUZZ)/replay/seeds ## write the seeds of test/fuzz/corpus anew, from real handshakes
	@$(FUZZ_RUN) $< test/fuzz/corpus

# ---- The fuzzer: clang's libFuzzer; or AFL++, with CLANG=afl-clang-fast ------------------

FUZZ_FLAGS := -g -O1 -fno-omit-frame-pointer $(FUZZ_SANITIZE) $(FUZZ_KNOBS)

$(FUZZ_OUT)/obj/test/%.o: test/%.c
	@mkdir -p $(@D)
	@$(CLANG) $(STD) $(TEST_WARN) $(FUZZ_FLAGS) $(FUZZ_INC) -MMD -MP -c -o $@ $<

# Ciphers and hashes have no branch that depends on an input: nothing to steer by.
$(FUZZ_OUT)/obj/crypto/%.o: crypto/%.c
	@mkdir -p $(@D)
	@$(CLANG) $(STD) $(WARN) $(FUZZ_FLAGS) -O2 $(INC) -MMD -MP -c -o $@ $<

$(FUZZ_OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	@$(CLANG) $(STD) $(WARN) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link $(INC) -MMD -MP -c -o $@ $<

define fuzz_fuzzer
$(FUZZ_OUT)/$(1): $$(patsubst %.c,$(FUZZ_OUT)/obj/%.o,$$($(1).c))
	@$$(CLANG) $$(FUZZ_FLAGS) -fsanitize=fuzzer -o $$@ $$^
endef
$(foreach t,$(FUZZ_ALL),$(eval $(call fuzz_fuzzer,$(t))))

fuzz-build: $(FUZZ_TARGETS:%=$(FUZZ_OUT)/%) ## the fuzz targets, not run (AFL++: CLANG=, FUZZ_OUT=)

fuzz: fuzz-build ## libFuzzer on every target for a minute (FUZZ_SECONDS=, FUZZ_TARGETS=)
	@for t in $(FUZZ_TARGETS); do $(call heading,fuzz: $$t for $(FUZZ_SECONDS) s); \
	    mkdir -p $(FUZZ)/found/$$t; \
	    $(FUZZ_RUN) $(FUZZ_OUT)/$$t -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=10 \
	        -rss_limit_mb=2048 -print_final_stats=1 -use_value_profile=1 -verbosity=1 \
	        -artifact_prefix=$(FUZZ)/fail-$$t- $(FUZZ)/found/$$t test/fuzz/corpus/$${t#fuzz_} \
	        > $(FUZZ)/$$t.log 2>&1 || { tail -n 40 $(FUZZ)/$$t.log; exit 1; }; \
	    grep -e 'DONE' -e 'number_of_executed' -e 'average_exec' $(FUZZ)/$$t.log; done

-include $(shell find $(FUZZ) $(FUZZ_OUT) -name '*.d' 2>/dev/null)
