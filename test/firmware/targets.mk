# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- the images of examples/firmware/, and a run of them under QEMU. The library is
# compiled as `make budget` compiles it, so that its stack is the one computed there.

FW     := examples/firmware
FW_OUT := $(B)/firmware
FW_WARN  = $(STD) $(WARN)
FW_SMALL = -Os -ffunction-sections -fdata-sections
FW_CC    = $(ARM)gcc $(FW_WARN) $(FW_SMALL)
FW_LINK  = -nostartfiles -nostdlib -T $(FW)/lm3s6965.ld -Wl,--gc-sections -Wl,--no-warn-rwx-segments
FW_BASE   := startup stack semihost arguments mem port
FW_DEVICE := $(FW_BASE) clock ethernet ipv4 keys report

# Per image: the core, the knobs, its files, and what its stack and its RAM may take.
FW_IMAGES := meter gateway selftest selftest-m0 selftest-aes

meter.cpu    := cortex-m3
meter.knobs  := -DLOCKET_USER_CONFIG='"meter_config.h"'
meter.files  := $(FW_DEVICE) kept nvm meter
meter.stack  := 1280
meter.ram    := 3328

gateway.cpu   := cortex-m3
gateway.knobs := -DLOCKET_USER_CONFIG='"gateway_config.h"'
gateway.files := $(FW_DEVICE) gateway
gateway.stack := 1280
gateway.ram   := 5504

selftest.cpu   := cortex-m3
selftest.files := $(FW_BASE) selftest
selftest.stack := 1280
selftest.ram   := 2048

# The microbit has 16 KB.
selftest-m0.cpu   := cortex-m0
selftest-m0.files := $(selftest.files)
selftest-m0.stack := 1280
selftest-m0.ram   := 2048

selftest-aes.cpu   := cortex-m3
selftest-aes.knobs := -DLOCKET_CFG_PORT_AES=1
selftest-aes.files := $(selftest.files) port_aes
selftest-aes.more  := $(FW_OUT)/selftest-aes/aes_engine.o
selftest-aes.stack := 1280
selftest-aes.ram   := 2048

define fw_image
$(FW_OUT)/$(1)/locket.o: locket.c test/firmware/targets.mk
	@mkdir -p $$(@D)
	@$$(FW_CC) -mcpu=$$($(1).cpu) -mthumb $$($(1).knobs) $$(INC) -I$$(FW) -MMD -MP -c -o $$@ $$<

$(FW_OUT)/$(1)/%.o: $(FW)/%.c test/firmware/targets.mk
	@mkdir -p $$(@D)
	@$$(FW_CC) -mcpu=$$($(1).cpu) -mthumb $$($(1).knobs) -ffreestanding -fno-tree-loop-distribute-patterns \
	    -Iinclude -I$$(FW) -MMD -MP -c -o $$@ $$<

$(FW_OUT)/$(1).elf: $$($(1).files:%=$(FW_OUT)/$(1)/%.o) $(FW_OUT)/$(1)/locket.o $$($(1).more) $(FW)/lm3s6965.ld
	@$(ARM)gcc -mcpu=$$($(1).cpu) -mthumb $$(FW_LINK) -Wl,--defsym=stack_size=$$($(1).stack) \
	    -Wl,--defsym=ram_budget=$$($(1).ram) -Wl,-Map=$$(@:.elf=.map) -o $$@ $$(filter %.o,$$^) -lgcc
endef
$(foreach i,$(FW_IMAGES),$(eval $(call fw_image,$(i))))

$(FW_OUT)/selftest-aes/aes_engine.o: test/firmware/aes_engine.c test/firmware/targets.mk
	@mkdir -p $(@D)
	@$(FW_CC) -mcpu=cortex-m3 -mthumb -ffreestanding -MMD -MP -c -o $@ $<

$(FW_OUT)/selftest-ppc: test/firmware/selftest_big.c locket.c $(LIB_C) $(LIB_H)
	@mkdir -p $(@D)
	@$(BIG)gcc $(FW_WARN) -O2 -static $(INC) -o $@ test/firmware/selftest_big.c locket.c

.PHONY: firmware firmware-run
firmware: $(FW_IMAGES:%=$(FW_OUT)/%.elf) ## images for a Cortex-M3 with 64 KB, their flash and RAM
	@$(call heading,firmware)
	@test/firmware/sizes.sh $(ARM) $(FW_IMAGES:%=$(FW_OUT)/%.elf)

firmware-run: $(TOOLS) $(FW_OUT)/selftest-ppc $(B)/budget/budget.json
firmware-run: firmware ## the images under QEMU with our server, OpenSSL and each other; stack against computed
	@$(call heading,firmware under QEMU)
	@timeout 300 test/firmware/run $(B)

# The unit tests with the AES of the example port in place of ours.
RUNS += engine
engine.what  := with the (modelled) AES peripheral of examples/firmware/port_aes.c
engine.flags := $(CFLAGS) -g -DLOCKET_CFG_X86=0 -DLOCKET_CFG_PORT_AES=1
engine.lib   := $(LIB_C) $(FW)/port_aes.c test/firmware/aes_engine.c
$(eval $(call variant,engine))

-include $(wildcard $(FW_OUT)/*/*.d)
