# SPDX-License-Identifier: Apache-2.0
#
# make bench: Locket beside OpenSSL, GnuTLS, Mbed TLS and wolfSSL from Debian, and with
# connection IDs beside itself without.
#
# All are compiled alike: BENCH_CFLAGS is what Debian builds its packages with. One object
# per stack, so that no stack sees another's headers. libssl stands first among the
# libraries: wolfSSL's has a few functions of the same names, which nobody here calls.

BENCH_CFLAGS := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2
BENCH_LIBS   := -lssl -lcrypto -lgnutls -lmbedtls -lmbedx509 -lmbedcrypto -lwolfssl
BENCH_HAVE   := openssl/ssl.h:libssl-dev gnutls/gnutls.h:libgnutls28-dev \
    mbedtls/ssl.h:libmbedtls-dev wolfssl/ssl.h:libwolfssl-dev
BENCH_C      := $(sort $(wildcard test/bench/*.c))
BENCH_O      := $(BENCH_C:test/bench/%.c=$(B)/bench/%.o) $(B)/bench/whole/locket.o

$(B)/bench/%.o: test/bench/%.c | bench-have
	@mkdir -p $(@D)
	@$(CC) $(STD) $(WARN) $(BENCH_CFLAGS) -Iinclude -MMD -MP -c -o $@ $<

# The library as it ships: one file.
$(B)/bench/whole/locket.o: locket.c
	@mkdir -p $(@D)
	@$(CC) $(STD) $(WARN) $(BENCH_CFLAGS) $(INC) -MMD -MP -c -o $@ $<

$(B)/bench/bench: $(BENCH_O)
	@$(CC) $(BENCH_CFLAGS) -o $@ $^ $(BENCH_LIBS)

.PHONY: bench bench-short bench-profile bench-have
bench-have:
	@for have in $(BENCH_HAVE); do \
	    echo "#include <$${have%%:*}>" | $(CC) -E - > /dev/null 2>&1 || \
	    { echo "make bench needs the Debian package $${have#*:}" >&2; exit 1; }; done

-include $(wildcard $(B)/bench/*.d $(B)/bench/whole/*.d)

bench: $(B)/bench/bench ## handshakes, records and first answers per second beside four other stacks
	@$(call heading,benchmark)
	@$(B)/bench/bench json $(B)/bench.json

bench-short: $(B)/bench/bench ## the same in a minute: fails unless Locket is ahead in every row, and connection IDs are cheap
	@$(call heading,benchmark in short)
	@$(B)/bench/bench short json $(B)/bench.json

bench-profile: $(B)/bench/bench ## where Locket's own time goes, by function (perf, or else valgrind)
	@$(call heading,profile)
	@test/bench/profile.sh $(B)/bench
