# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- what the other stacks need that Debian 12 does not have.

.PHONY: foreign
foreign: ## Mbed TLS 3.6 of Debian trixie into build/foreign/, once, the system untouched (DEBIAN_MIRROR=)
	@$(call heading,foreign peers)
	@python3 test/interop/bring.py $(B)
