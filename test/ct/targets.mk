# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- constant time, watched in compiled code: see test/ct/run.

.PHONY: ct ctquick
ct: ## no branch, address or variable time by a secret: gcc, clang, Cortex-M3; and mutants
	@$(call heading,constant time)
	@CC="$(CC)" CLANG="$(CLANG)" ARM="$(ARM)" test/ct/run $(B)/ct

ctquick: ## the same with one level of each compiler and fewer mutants
	@$(call heading,constant time)
	@CC="$(CC)" CLANG="$(CLANG)" ARM="$(ARM)" test/ct/run --quick $(B)/ct
