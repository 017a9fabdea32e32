# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- what the library costs a device: flash, RAM and stack, whole configurations
# (budget.py) and knob by knob (knobs.py), against test/budget/ceilings.

BUDGET      := $(B)/budget
BUDGET_FROM := locket.c $(LIB_C) $(LIB_H) $(wildcard test/budget/*.c test/budget/traps/*.c test/budget/*.py) \
    test/budget/configurations

.PHONY: budget budget-lower knobs readme-tables
budget: $(BUDGET)/budget.json ## flash, RAM and stack on four processors, against test/budget/ceilings
	@$(call heading,budget)
	@python3 test/budget/traps.py $(BUDGET)/traps
	@python3 test/budget/budget.py print $(BUDGET)

$(BUDGET)/budget.json: $(BUDGET_FROM)
	@mkdir -p $(@D)
	@python3 test/budget/budget.py measure $(BUDGET) "$(CC)"

budget-lower: $(BUDGET)/budget.json ## bring the ceilings down to what is measured
	@python3 test/budget/budget.py lower $(BUDGET)

knobs: $(BUDGET)/knobs.json ## what each knob costs, as locket_config.h says; what cannot be fails to compile
	@$(call heading,knobs)
	@python3 test/budget/knobs.py check $(BUDGET) "$(CC)" "$(CLANG)"

$(BUDGET)/knobs.json: $(BUDGET_FROM) test/budget/knobs
	@mkdir -p $(@D)
	@python3 test/budget/knobs.py measure $(BUDGET)

readme-tables: $(BUDGET)/budget.json $(BUDGET)/knobs.json ## write measured figures to README.md, locket_config.h
	@python3 test/budget/tables.py write $<
	@python3 test/budget/knobs.py write $(BUDGET)
