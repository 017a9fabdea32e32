# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- the rules of the standards, who keeps them, and what shows it: the table is
# test/rfc/requirements.tsv.

RFC_DRAW ?= 30
RFC_SEED ?= $(shell date +%s)

.PHONY: rfc rfc-follow rfc-mutants rfc-entry
rfc: ## rules of the RFCs: code and test of each are there; report in build/rfc/report.html
	@$(call heading,rules of the RFCs)
	@python3 test/rfc/check.py $(B)

rfc-follow: ## after functions or tests have moved to other files: let the table follow
	@python3 test/rfc/check.py --follow $(B)

rfc-mutants: ## rules drawn by lot are disabled, their tests must fail (RFC_SEED=n RFC_DRAW=30)
	@$(call heading,rules disabled one at a time)
	@CC="$(CC)" python3 test/rfc/disable.py --seed $(RFC_SEED) --draw $(RFC_DRAW)

rfc-entry: $(TOOLS) ## names and keys of every size go into the two tools
	@$(call heading,names and keys)
	@python3 test/rfc/entry.py $(B)
