# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- no secret outside its home: see test/wipe/wipe.c and run.

.PHONY: wipe wipequick
wipe: ## no copy of a secret is left in memory; and every wipe that is taken away is missed
	@$(call heading,wiping)
	@CC="$(CC)" CLANG="$(CLANG)" test/wipe/run $(B)/wipe

wipequick: ## the same without taking wipes away
	@$(call heading,wiping)
	@CC="$(CC)" CLANG="$(CLANG)" test/wipe/run --quick $(B)/wipe
