/* SPDX-License-Identifier: Apache-2.0
 *
 * ipv4.h -- the least of ARP, IPv4 and UDP that a node on one Ethernet needs: no routes, no
 * fragments, no options, no ICMP, no table of neighbours. Whoever sends to us says in its
 * frame where the answer goes, so the name of a peer holds the Ethernet address as well. */
#ifndef FIRMWARE_IPV4_H
#define FIRMWARE_IPV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In front of the UDP payload: length, Ethernet, IPv4, UDP. The payload has room for a last
 * flight with a ticket of 180 bytes in one datagram, as OpenSSL sends it. */
enum { IPV4_HEADROOM = 2 + 14 + 20 + 8, IPV4_PAYLOAD = 288 };

/* The name of a peer: its Ethernet address, IP address and port, in network order. */
enum { IPV4_PEER_MAC = 0, IPV4_PEER_IP = 6, IPV4_PEER_PORT = 10, IPV4_PEER = 12 };

/* One frame, in or out. */
struct frame {
    uint32_t words[(IPV4_HEADROOM + IPV4_PAYLOAD) / 4];
};

/* Take this address, with an Ethernet address made of it, and tell the others. */
void ipv4_open(struct frame *f, const uint8_t ip[4]);

/* The payload of a frame. */
static inline uint8_t *ipv4_payload(struct frame *f)
{
    return (uint8_t *)f->words + IPV4_HEADROOM;
}

/* A UDP datagram to our port: its length, or 0 when there was none. Answers ARP in between. */
size_t ipv4_receive(struct frame *f, uint16_t port, uint8_t from[IPV4_PEER]);

/* Send the payload of `len` bytes that lies in the frame. */
void ipv4_send(struct frame *f, uint16_t from_port, const uint8_t to[IPV4_PEER], size_t len);

/* Ask who has the IP address of a peer. The answer comes during a later ipv4_receive(), which
 * then fills in the Ethernet address of the name and returns 0; ask again when it does not. */
void ipv4_ask(struct frame *f, uint8_t peer[IPV4_PEER]);
bool ipv4_answered(void);

#endif
