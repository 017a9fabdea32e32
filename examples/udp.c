/* SPDX-License-Identifier: Apache-2.0
 *
 * udp.c -- sockets, addresses, the clock and the wait of the example programs.
 * Nothing here knows of DTLS. */
#define _GNU_SOURCE
#include "udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static socklen_t address_len(const union udp_address *a)
{
    return a->any.sa_family == AF_INET ? (socklen_t)sizeof a->v4 : (socklen_t)sizeof a->v6;
}

const char *udp_parse(const char *text, union udp_address *out, bool *mistaken)
{
    char host[256];
    const char *colon = strrchr(text, ':'), *start = text, *end = colon;
    *mistaken = true;
    if (colon == NULL || colon == text)
        return "ADDRESS:PORT is needed, such as 127.0.0.1:5684 or [::1]:5684";
    if (text[0] == '[') {
        start = text + 1;
        end = colon - 1;
        if (*end != ']')
            return "an IPv6 address is written [ADDRESS]:PORT, such as [::1]:5684";
    } else if (memchr(text, ':', (size_t)(colon - text)) != NULL) {
        return "an IPv6 address is written [ADDRESS]:PORT, such as [::1]:5684";
    }
    if (end <= start || (size_t)(end - start) >= sizeof host)
        return "the address is empty or too long";
    memcpy(host, start, (size_t)(end - start));
    host[end - start] = '\0';
    size_t digits = strspn(colon + 1, "0123456789");
    unsigned port = 0;
    for (size_t i = 0; i < digits && i < 6; i++)
        port = port * 10 + (unsigned)(colon[1 + i] - '0');
    if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' || port > 65535)
        return "the port is a number from 0 to 65535";

    struct addrinfo wanted = { .ai_family = text[0] == '[' ? AF_INET6 : AF_UNSPEC,
                               .ai_socktype = SOCK_DGRAM }, *found = NULL;
    *mistaken = false;
    int failed = getaddrinfo(host, NULL, &wanted, &found);
    if (failed != 0)
        return gai_strerror(failed);
    memset(out, 0, sizeof *out);
    memcpy(out, found->ai_addr, found->ai_addrlen < sizeof *out ? found->ai_addrlen : sizeof *out);
    freeaddrinfo(found);
    if (out->any.sa_family == AF_INET)
        out->v4.sin_port = htons((uint16_t)port);
    else
        out->v6.sin6_port = htons((uint16_t)port);
    return NULL;
}

static bool udp_open(struct udp *u, const union udp_address *a)
{
    u->connected = false;
    u->scope = a->any.sa_family == AF_INET6 ? a->v6.sin6_scope_id : 0;
    u->fd = socket(a->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (u->fd < 0)
        return false;
    (void)fcntl(u->fd, F_SETFL, fcntl(u->fd, F_GETFL) | O_NONBLOCK);
    /* RFC 6347 section 4.1.1.1: let the record layer fragment, not IP. */
#ifdef IP_MTU_DISCOVER
    int v4 = IP_PMTUDISC_DO;
    if (a->any.sa_family == AF_INET)
        (void)setsockopt(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof v4);
#endif
#ifdef IPV6_MTU_DISCOVER
    int v6 = IPV6_PMTUDISC_DO;
    if (a->any.sa_family == AF_INET6)
        (void)setsockopt(u->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof v6);
#endif
    return true;
}

bool udp_bind(struct udp *u, const union udp_address *at)
{
    if (!udp_open(u, at))
        return false;
    if (bind(u->fd, &at->any, address_len(at)) == 0)
        return true;
    udp_close(u);
    return false;
}

bool udp_connect(struct udp *u, const union udp_address *to)
{
    if (!udp_open(u, to))
        return false;
    u->connected = connect(u->fd, &to->any, address_len(to)) == 0;
    if (!u->connected)
        udp_close(u);
    return u->connected;
}

void udp_close(struct udp *u)
{
    int reason = errno;
    if (u->fd >= 0)
        (void)close(u->fd);
    u->fd = -1;
    errno = reason;
}

bool udp_local(const struct udp *u, union udp_address *out)
{
    socklen_t len = sizeof *out;
    memset(out, 0, sizeof *out);
    return getsockname(u->fd, &out->any, &len) == 0;
}

void udp_peer(const union udp_address *address, locket_peer *out)
{
    memset(out, 0, sizeof *out);
    if (address->any.sa_family == AF_INET) {
        out->len = 4 + UDP_PORT_LEN;
        memcpy(out->bytes, &address->v4.sin_addr, 4);
        memcpy(out->bytes + 4, &address->v4.sin_port, 2);
    } else {
        out->len = 16 + UDP_PORT_LEN;
        memcpy(out->bytes, &address->v6.sin6_addr, 16);
        memcpy(out->bytes + 16, &address->v6.sin6_port, 2);
    }
}

static void address_of(const struct udp *u, const locket_peer *peer, union udp_address *out)
{
    memset(out, 0, sizeof *out);
    if (peer->len == 4 + UDP_PORT_LEN) {
        out->v4.sin_family = AF_INET;
        memcpy(&out->v4.sin_addr, peer->bytes, 4);
        memcpy(&out->v4.sin_port, peer->bytes + 4, 2);
    } else {
        out->v6.sin6_family = AF_INET6;
        memcpy(&out->v6.sin6_addr, peer->bytes, 16);
        memcpy(&out->v6.sin6_port, peer->bytes + 16, 2);
        if (IN6_IS_ADDR_LINKLOCAL(&out->v6.sin6_addr))
            out->v6.sin6_scope_id = u->scope;
    }
}

void udp_text(const locket_peer *peer, char out[UDP_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "?";
    const uint8_t *port = peer->bytes + (peer->len - UDP_PORT_LEN);
    bool v4 = peer->len == 4 + UDP_PORT_LEN;
    (void)inet_ntop(v4 ? AF_INET : AF_INET6, peer->bytes, host, sizeof host);
    (void)snprintf(out, UDP_TEXT, v4 ? "%s:%d" : "[%s]:%d", host, port[0] << 8 | port[1]);
}

int udp_send(const struct udp *u, const locket_peer *to, const uint8_t *data, size_t len)
{
    union udp_address a;
    ssize_t n;
    address_of(u, to, &a);
    do {
        n = u->connected ? send(u->fd, data, len, 0)
                         : sendto(u->fd, data, len, 0, &a.any, address_len(&a));
    } while (n < 0 && errno == EINTR);
    return n < 0 ? errno : 0;
}

ssize_t udp_receive(const struct udp *u, uint8_t *out, size_t cap, locket_peer *from)
{
    union udp_address a;
    socklen_t len = sizeof a;
    ssize_t n;
    memset(&a, 0, sizeof a);
    do {
        n = recvfrom(u->fd, out, cap, 0, &a.any, &len);
    } while (n < 0 && errno == EINTR);
    if (n >= 0)
        udp_peer(&a, from);
    return n;
}

/* A socket that is connected to the peer, and then closed, knows the path. */
size_t udp_path_mtu(const struct udp *u, const locket_peer *peer)
{
    int mtu = 0, headers = peer->len == 4 + UDP_PORT_LEN ? 20 + 8 : 40 + 8;
#ifdef IP_MTU
    union udp_address a;
    socklen_t len = sizeof mtu;
    address_of(u, peer, &a);
    int fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &a.any, address_len(&a)) == 0)
        (void)(a.any.sa_family == AF_INET ? getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len)
                                          : getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len));
    if (fd >= 0)
        (void)close(fd);
#endif
    return mtu > headers ? (size_t)(mtu - headers) : 0;
}

locket_time udp_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (locket_time)((uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u);
}

bool udp_due(locket_time due, locket_time now)
{
    return (int32_t)(due - now) <= 0;
}

void udp_sooner(bool *set, locket_time *when, locket_time other)
{
    if (!*set || (int32_t)(other - *when) < 0)
        *when = other;
    *set = true;
}

void udp_wait(struct pollfd *fds, nfds_t n, const locket_time *until)
{
    int timeout = -1;
    if (until != NULL) {
        locket_time now = udp_now();
        timeout = udp_due(*until, now) ? 0 : (int)(*until - now);
    }
    if (poll(fds, n, timeout) < 0)
        for (nfds_t i = 0; i < n; i++)
            fds[i].revents = 0;
}
