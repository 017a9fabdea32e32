/* SPDX-License-Identifier: Apache-2.0
 *
 * udp.h -- UDP sockets as Locket sees them: a datagram to or from a
 * locket_peer. A peer is the address in network order, 4 or 16 bytes, and then
 * the port in two, so that what config.host_len means by default is the host. */
#ifndef EXAMPLES_UDP_H
#define EXAMPLES_UDP_H

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "locket.h"

enum {
    UDP_PORT_LEN = 2,             /* last bytes of a peer */
    UDP_MAX = 65535,              /* no datagram is longer */
    UDP_TEXT = 80                 /* "[address%interface]:port" and its end */
};

union udp_address {
    struct sockaddr     any;
    struct sockaddr_in  v4;
    struct sockaddr_in6 v6;
};

struct udp {
    int      fd;
    bool     connected;           /* to one peer, so that its ICMP errors reach us */
    uint32_t scope;               /* interface of IPv6 link-local addresses */
};

/* "127.0.0.1:5684", "[::1]:5684", "name:5684". NULL when that went well, or one
 * sentence saying what is wrong; *mistaken: the text itself cannot be right. */
const char *udp_parse(const char *text, union udp_address *out, bool *mistaken);

/* A socket that takes datagrams from anyone at `at` (port 0: any free port), or
 * one connected to `to`. Datagrams are never fragmented by IP: one that is too
 * large fails with EMSGSIZE. False: see errno. */
bool udp_bind(struct udp *u, const union udp_address *at);
bool udp_connect(struct udp *u, const union udp_address *to);
void udp_close(struct udp *u);

/* Our own address, and an address as a peer, as a text. */
bool udp_local(const struct udp *u, union udp_address *out);
void udp_peer(const union udp_address *address, locket_peer *out);
void udp_text(const locket_peer *peer, char out[UDP_TEXT]);

/* One datagram out: 0 or an errno. One in: its length, or -1 with errno set,
 * EAGAIN when none waits. Neither blocks. */
int     udp_send(const struct udp *u, const locket_peer *to, const uint8_t *data, size_t len);
ssize_t udp_receive(const struct udp *u, uint8_t *out, size_t cap, locket_peer *from);

/* Payload of the largest datagram that the path to `peer` takes as far as the
 * system knows; 0: it does not. */
size_t udp_path_mtu(const struct udp *u, const locket_peer *peer);

/* Milliseconds of the monotonic clock; they wrap, as Locket likes it. */
locket_time udp_now(void);

/* `due` has come; the sooner of two times, the first of which may not be set. */
bool udp_due(locket_time due, locket_time now);
void udp_sooner(bool *set, locket_time *when, locket_time other);

/* Wait for one of `fds`, or until `until` unless it is NULL. */
void udp_wait(struct pollfd *fds, nfds_t n, const locket_time *until);

#endif
