/* SPDX-License-Identifier: Apache-2.0
 *
 * cost.h -- what it costs a meter to be back, counted side by side.
 *
 * The energy is a MODEL of the meter's radio and of nothing else: bytes on the air, sent and
 * received, and the time that the receiver is on between a flight and its answer. Its numbers
 * are round ones of common hardware; put in those of yours.
 *
 *     IEEE 802.15.4 at 2.4 GHz: 250 kbit/s, 32 us a byte; 60 mW to send and to listen, so
 *     about 2 uJ a byte. 30 bytes of PHY, MAC, compressed IPv6 and UDP to every frame, 97 of
 *     ours in it (RFC 4944, RFC 6282). A round trip over one hop, with the other's work: 20 ms.
 *
 *     NB-IoT in good coverage: 800 mW to send, 0.4 ms a byte, so 320 uJ; 200 mW to receive, 0.3
 *     ms a byte, so 60 uJ. 28 bytes of IP and UDP to every datagram. A round trip of 500 ms, in
 *     which the receiver takes 100 mW on average.
 *
 * What is counted is all but the reading that the meter came for. The waiting of a check of its
 * address (RFC 9853) is counted with the receiver on all the time. */
#ifndef EXAMPLES_COST_H
#define EXAMPLES_COST_H

#include "pair.h"

/* The gateway's connection ID for the meter that sleeps; a build may have none of that length, or no checks. */
enum { COST_RADIOS = 2, COST_CID = 8,
       COST_SLEEPS = LOCKET_CFG_RRC && LOCKET_CFG_CID_SIZE >= COST_CID && LOCKET_CFG_PEER_CID_SIZE >= COST_CID };
enum cost_kind { FULL, FULL_TICKET, BY_ID, BY_TICKET, ASLEEP, ASLEEP_BASIC, ASLEEP_ENHANCED, N_COSTS };

struct cost {
    size_t   bytes;
    unsigned datagrams, flights;
    unsigned before, waits;       /* round trips: before the reading can go, and with the receiver on */
    unsigned energy[COST_RADIOS]; /* uJ */
};

/* Of what the pair has logged from datagram `first` on, those that reached nobody left out, and of
 * `riding` bytes in the datagram of the reading. */
void cost_count(const struct pair *p, unsigned first, size_t riding, unsigned before, unsigned waits,
                struct cost *out);

/* Those that were counted. */
void cost_table(const struct cost c[N_COSTS]);

#endif
