# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- the analyzers: what three tools see in the code without running it.

.PHONY: analyze
analyze: ## cppcheck, clang-tidy and gcc -fanalyzer over library and examples: no finding
	@$(call heading,analyzers)
	@python3 test/analyze/analyze.py $(B) "$(INC) -Iexamples" $(LIB_C) -- $(sort $(wildcard examples/*.c))
