/* SPDX-License-Identifier: Apache-2.0
 *
 * ipv4.c -- ARP (RFC 826), IPv4 (RFC 791) and UDP (RFC 768), as little as will do. Nothing
 * here is believed for more than an address to send to: what is true, DTLS decides. */
#include "ipv4.h"
#include "ethernet.h"

#include <string.h>

/* Offsets in a buffer, which has two bytes of length before the frame. */
enum { ETH_TO = 2, ETH_FROM = 8, ETH_TYPE = 14, ETH_DATA = 16 };
enum { ARP_OPERATION = ETH_DATA + 6, ARP_FROM = ETH_DATA + 8, ARP_FROM_IP = ETH_DATA + 14,
       ARP_TO = ETH_DATA + 18, ARP_TO_IP = ETH_DATA + 24, ARP_END = ETH_DATA + 28 };
enum { IP_LENGTH = ETH_DATA + 2, IP_FRAGMENT = ETH_DATA + 6, IP_TTL = ETH_DATA + 8,
       IP_PROTOCOL = ETH_DATA + 9, IP_CHECKSUM = ETH_DATA + 10, IP_FROM = ETH_DATA + 12,
       IP_TO = ETH_DATA + 16, IP_DATA = ETH_DATA + 20 };
enum { UDP_FROM = IP_DATA, UDP_TO = IP_DATA + 2, UDP_LENGTH = IP_DATA + 4, UDP_CHECKSUM = IP_DATA + 6 };
enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, PROTOCOL_UDP = 17, VERSION_4_NO_OPTIONS = 0x45,
       DONT_FRAGMENT = 0x4000, ARP_REQUEST = 1, ARP_REPLY = 2, TTL = 64 };

static const uint8_t everyone[6] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
static const uint8_t arp_head[6] = { 0, 1, 8, 0, 6, 4 };      /* Ethernet, IPv4, their lengths */

static struct {
    uint8_t mac[6], ip[4];
    uint8_t *asked;               /* the peer whose Ethernet address we wait for */
} us;

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, size_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* RFC 1071: the complement of the sum in ones' complement, begun with `sum`. */
static unsigned checksum(uint32_t sum, const uint8_t *p, size_t len)
{
    for (; len > 1; p += 2, len -= 2)
        sum += get16(p);
    if (len > 0)
        sum += (uint32_t)p[0] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return ~sum & 0xFFFF;
}

/* Over the addresses, protocol and length as well. */
static unsigned udp_checksum(const uint8_t *b, size_t udp_len)
{
    return checksum(PROTOCOL_UDP + (uint32_t)udp_len, b + IP_FROM, 8 + udp_len);
}

static void arp_send(struct frame *f, unsigned operation, const uint8_t to[6], const uint8_t to_ip[4])
{
    uint8_t *b = (uint8_t *)f->words;
    memcpy(b + ARP_TO_IP, to_ip, 4);
    memcpy(b + ARP_TO, to, 6);
    memcpy(b + ETH_TO, to, 6);
    memcpy(b + ETH_FROM, us.mac, 6);
    put16(b + ETH_TYPE, TYPE_ARP);
    memcpy(b + ETH_DATA, arp_head, sizeof arp_head);
    put16(b + ARP_OPERATION, operation);
    memcpy(b + ARP_FROM, us.mac, 6);
    memcpy(b + ARP_FROM_IP, us.ip, 4);
    ethernet_send(f->words, ARP_END - ETH_TO);
}

static void arp_received(struct frame *f, size_t end)
{
    uint8_t *b = (uint8_t *)f->words, from[6], from_ip[4];
    if (end < ARP_END || memcmp(b + ETH_DATA, arp_head, sizeof arp_head) != 0 ||
        memcmp(b + ARP_TO_IP, us.ip, 4) != 0)
        return;
    memcpy(from, b + ARP_FROM, 6);
    memcpy(from_ip, b + ARP_FROM_IP, 4);
    if (us.asked != NULL && memcmp(us.asked + IPV4_PEER_IP, from_ip, 4) == 0) {
        memcpy(us.asked + IPV4_PEER_MAC, from, 6);
        us.asked = NULL;
    }
    if (get16(b + ARP_OPERATION) == ARP_REQUEST)
        arp_send(f, ARP_REPLY, from, from_ip);
}

void ipv4_open(struct frame *f, const uint8_t ip[4])
{
    us.mac[0] = 2;                /* locally administered; a product has its own */
    us.mac[1] = 0;
    memcpy(us.mac + 2, ip, 4);
    memcpy(us.ip, ip, 4);
    ethernet_open(us.mac);
    arp_send(f, ARP_REQUEST, everyone, us.ip);
}

void ipv4_ask(struct frame *f, uint8_t peer[IPV4_PEER])
{
    us.asked = peer;
    arp_send(f, ARP_REQUEST, everyone, peer + IPV4_PEER_IP);
}

bool ipv4_answered(void)
{
    return us.asked == NULL;
}

/* The length of the payload when it is a whole UDP datagram to us. */
static size_t udp_received(const uint8_t *b, size_t end, uint16_t port)
{
    if (end < IPV4_HEADROOM || b[ETH_DATA] != VERSION_4_NO_OPTIONS ||
        b[IP_PROTOCOL] != PROTOCOL_UDP || memcmp(b + IP_TO, us.ip, 4) != 0 ||
        (get16(b + IP_FRAGMENT) & ~(unsigned)DONT_FRAGMENT) != 0 || checksum(0, b + ETH_DATA, 20) != 0)
        return 0;
    const size_t ip_len = get16(b + IP_LENGTH), udp_len = get16(b + UDP_LENGTH);
    if (udp_len < 8 || ip_len != 20 + udp_len || ETH_DATA + ip_len > end || get16(b + UDP_TO) != port)
        return 0;
    if (get16(b + UDP_CHECKSUM) != 0 && udp_checksum(b, udp_len) != 0)
        return 0;
    return udp_len - 8;
}

size_t ipv4_receive(struct frame *f, uint16_t port, uint8_t from[IPV4_PEER])
{
    const uint8_t *b = (const uint8_t *)f->words;
    const size_t end = ETH_TO + ethernet_receive(f->words, sizeof f->words);
    if (end < ETH_DATA || (memcmp(b + ETH_TO, us.mac, 6) != 0 && memcmp(b + ETH_TO, everyone, 6) != 0))
        return 0;
    if (get16(b + ETH_TYPE) == TYPE_ARP)
        arp_received(f, end);
    if (get16(b + ETH_TYPE) != TYPE_IPV4)
        return 0;
    memcpy(from + IPV4_PEER_MAC, b + ETH_FROM, 6);
    memcpy(from + IPV4_PEER_IP, b + IP_FROM, 4);
    memcpy(from + IPV4_PEER_PORT, b + UDP_FROM, 2);
    return udp_received(b, end, port);
}

void ipv4_send(struct frame *f, uint16_t from_port, const uint8_t to[IPV4_PEER], size_t len)
{
    uint8_t *b = (uint8_t *)f->words;
    const size_t udp_len = 8 + len;
    memcpy(b + ETH_TO, to + IPV4_PEER_MAC, 6);
    memcpy(b + ETH_FROM, us.mac, 6);
    put16(b + ETH_TYPE, TYPE_IPV4);
    memset(b + ETH_DATA, 0, 20);
    b[ETH_DATA] = VERSION_4_NO_OPTIONS;
    put16(b + IP_LENGTH, 20 + udp_len);
    put16(b + IP_FRAGMENT, DONT_FRAGMENT);
    b[IP_TTL] = TTL;
    b[IP_PROTOCOL] = PROTOCOL_UDP;
    memcpy(b + IP_FROM, us.ip, 4);
    memcpy(b + IP_TO, to + IPV4_PEER_IP, 4);
    put16(b + IP_CHECKSUM, checksum(0, b + ETH_DATA, 20));
    put16(b + UDP_FROM, from_port);
    memcpy(b + UDP_TO, to + IPV4_PEER_PORT, 2);
    put16(b + UDP_LENGTH, udp_len);
    put16(b + UDP_CHECKSUM, 0);
    const unsigned sum = udp_checksum(b, udp_len);
    put16(b + UDP_CHECKSUM, sum != 0 ? sum : 0xFFFF);     /* 0 would say: none */
    ethernet_send(f->words, IPV4_HEADROOM - ETH_TO + len);
}
