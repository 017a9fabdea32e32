# SPDX-License-Identifier: Apache-2.0
#
# make instructions: what the library costs a Cortex-M3 in instructions, counted exactly
# by the emulator: see test/instructions/run.
#
# Two images per level: one over locket.c as it ships, one over the same file with its
# internal functions visible, for the primitives.

INSTR       := $(B)/instructions
INSTR_OWN   := test/instructions
INSTR_LIB    = $(M3_CC) $(STD) $(WARN) -g -ffunction-sections -fdata-sections $(INC)
INSTR_LINK   = $(M3_CC) -nostartfiles -specs=nano.specs -T $(INSTR_OWN)/image.ld -Wl,--gc-sections -Wl,--no-warn-rwx-segments
INSTR_IMAGES := $(foreach l,Os O2,$(INSTR)/$(l)/pieces.elf $(INSTR)/$(l)/ends.elf)
# The oldest version of the interface that the emulator takes.
INSTR_API    = $(shell qemu-system-arm --version 2>/dev/null | \
                 sed -n 's/.*version \([0-9]*\)\..*/\1/p' | awk '{ print $$1 < 9 ? 1 : 2 }')

$(INSTR)/plugin.so: $(INSTR_OWN)/plugin.c
	@mkdir -p $(@D)
	@$(CC) $(STD) $(WARN) -O2 -fPIC -shared -DPLUGIN_VERSION=$(or $(INSTR_API),1) -o $@ $<

define instr_level
$(INSTR)/$(1)/ships/locket.o: locket.c $(INSTR_OWN)/targets.mk
	@mkdir -p $$(@D)
	@$$(INSTR_LIB) -$(1) -MMD -MP -c -o $$@ $$<

$(INSTR)/$(1)/visible/locket.o: locket.c $(INSTR_OWN)/targets.mk
	@mkdir -p $$(@D)
	@$$(INSTR_LIB) -$(1) -DLOCKET_INTERNAL= -MMD -MP -c -o $$@ $$<

$(INSTR)/$(1)/%.o: $(INSTR_OWN)/%.c $(INSTR_OWN)/targets.mk
	@mkdir -p $$(@D)
	@$$(INSTR_LIB) -Os -MMD -MP -c -o $$@ $$<

$(INSTR)/$(1)/pieces.elf: $(INSTR)/$(1)/visible/locket.o $(INSTR)/$(1)/pieces.o $(INSTR)/$(1)/board.o $(INSTR_OWN)/image.ld
	@$$(INSTR_LINK) -o $$@ $$(filter %.o,$$^)

$(INSTR)/$(1)/ends.elf: $(INSTR)/$(1)/ships/locket.o $(INSTR)/$(1)/ends.o $(INSTR)/$(1)/board.o $(INSTR_OWN)/image.ld
	@$$(INSTR_LINK) -o $$@ $$(filter %.o,$$^)
endef
$(foreach l,Os O2,$(eval $(call instr_level,$(l))))
-include $(wildcard $(INSTR)/*/*.d $(INSTR)/*/*/*.d)

.PHONY: instructions instructions-profile instr-have
instr-have:
	@for have in $(ARM)gcc:gcc-arm-none-eabi qemu-system-arm:qemu-system-arm python3:python3; do \
	    command -v $${have%%:*} > /dev/null || \
	    { echo "make instructions needs the Debian package $${have#*:}" >&2; exit 1; }; done

$(INSTR_IMAGES) $(INSTR)/plugin.so: | instr-have

instructions: $(INSTR)/plugin.so $(INSTR_IMAGES) ## instructions of every piece on a Cortex-M3, against test/instructions/ceilings
	@$(call heading,instructions)
	@ARM="$(ARM)" $(INSTR_OWN)/run $(INSTR)

instructions-profile: $(INSTR)/plugin.so $(INSTR_IMAGES) ## where they go: by function, for a handshake and for records
	@$(call heading,instructions by function)
	@ARM="$(ARM)" $(INSTR_OWN)/run --profile $(INSTR)
