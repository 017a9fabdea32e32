# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- faults planted on purpose: test/mutants/mutants.py says how.

MUTANTS_DRAW ?= 12
MUTANTS_SEED ?= $(shell date +%s)

.PHONY: mutants mutants-short
mutants: ## every kept mutant of test/mutants, each caught by the target named for it (MUTANTS="name... --without wipe,...")
	@$(call heading,mutants)
	@CC="$(CC)" python3 test/mutants/mutants.py $(MUTANTS)

mutants-short: ## a few of them, drawn by lot (MUTANTS_DRAW=12 MUTANTS_SEED=n)
	@$(call heading,mutants drawn by lot)
	@CC="$(CC)" python3 test/mutants/mutants.py --draw $(MUTANTS_DRAW) --seed $(MUTANTS_SEED)
