# SPDX-License-Identifier: Apache-2.0
#
# targets.mk -- handshakes over a bad network, many of them: test/test_sweeps.c and
# test/test_nocookie.c in full, and test/test_lossy.c and test/test_lossy_roam.c with more seeds
# than the unit tests have time for. SOAK_SEED is the first of them; a failure prints what repeats it alone.

LOSSY_RUNS   ?= 10000
SOAK_RUNS    ?= 1000000
SOAK_SECONDS ?= 0
SOAK_SEED    ?= 1

.PHONY: lossy soak
lossy: $(B)/test/tree/run ## every loss and pair of losses, and LOSSY_RUNS=10000 random networks
	@$(call heading,lossy network)
	@mkdir -p $(B)/soak
	@n=$$(nproc 2> /dev/null || echo 2); i=0; while [ $$i -lt $$n ]; do echo $$i/$$n; i=$$((i + 1)); done | \
	    xargs -P $$n -I PART env LOCKET_TEST_LOSSY=all LOCKET_TEST_PART=PART CK_DEFAULT_TIMEOUT=600 $< sweeps nocookie
	@test/soak/soak.sh $< $(B)/soak/lossy $(SOAK_SEED) $(LOSSY_RUNS)

soak: $(B)/test/tree/run ## more random networks: SOAK_RUNS=1000000, or until SOAK_SECONDS=n; from SOAK_SEED=1 on
	@$(call heading,soak)
	@test/soak/soak.sh $< $(B)/soak/long $(SOAK_SEED) $(SOAK_RUNS) $(SOAK_SECONDS)
