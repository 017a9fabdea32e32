/* SPDX-License-Identifier: Apache-2.0
 *
 * locket_config.h -- every knob of Locket, always defined, one paragraph each.
 *
 * To change one, give it to the compiler (-DLOCKET_CFG_ARENA=512) or name a
 * header of yours with -DLOCKET_USER_CONFIG='"my_locket.h"'. The application
 * and locket.c must be built with the same values; locket_init() refuses to
 * run when they differ in one that the application can see. A switch is 0 or 1
 * and is read with plain if (), so every line of the library is type-checked in
 * every build.
 *
 * An indented line says what another value costs in bytes: the difference to the
 * defaults on a Cortex-M3, measured with gcc -Os in an image that calls everything
 * (`make knobs` measures anew and fails when a line is wrong). Session, workspace and
 * endpoint are the structures of locket_storage.h. */
#ifndef LOCKET_CONFIG_H
#define LOCKET_CONFIG_H

#include <stdint.h>

#ifdef LOCKET_USER_CONFIG
#include LOCKET_USER_CONFIG
#endif

/* Bytes of the longest peer name: an address and a port as the application
 * writes them. 18 holds IPv6 and a port; 1 to 31. About one byte of every session,
 * workspace and endpoint per byte.
 *     PEER_SIZE=6  session -8, workspace -8, endpoint -24
 *     PEER_SIZE=31  session +16, workspace +16, endpoint +24, stack +32 */
#ifndef LOCKET_CFG_PEER_SIZE
#define LOCKET_CFG_PEER_SIZE 18
#endif

/* Longest PSK identity that we send or take (RFC 4279 section 5.3 asks for
 * 128). It must fit the arena. A client with a longer one is answered like one
 * whose identity is unknown.
 *     IDENTITY_SIZE=32  nothing */
#ifndef LOCKET_CFG_IDENTITY_SIZE
#define LOCKET_CFG_IDENTITY_SIZE 128
#endif

/* Bytes of handshake messages that one workspace can hold: on one side what our
 * flight is made from when it has to be repeated (a client's cookie, later its
 * identity and 12 bytes; a server's ticket, 89 bytes), on the other what has arrived of
 * the peer's, and the ticket that a client is to remember. The default holds a 255-byte
 * cookie, an identity of 128 bytes, a fragmented ClientHello of 224, and beside an
 * identity of 16 a ticket of 193. One byte of every workspace per byte. What does not
 * fit is dropped and counted as TOO_LONG.
 *     ARENA=288  workspace +32
 *     ARENA=1024  workspace +768 */
#ifndef LOCKET_CFG_ARENA
#define LOCKET_CFG_ARENA 256
#endif

/* Index type of sessions: 16 bits allow 65,534 sessions in one endpoint, 32
 * bits cost 16 more bytes in each (8, and alignment).
 *     LINK_BITS=32  session +16, workspace +32, endpoint +20 */
#ifndef LOCKET_CFG_LINK_BITS
#define LOCKET_CFG_LINK_BITS 16
#endif

/* Cipher suites: CCM_8 and CCM together, and GCM. At least one family; what is left out
 * is neither offered nor accepted, and locket_init() refuses a configuration that names it.
 *     CCM=0  flash -0.7 KB, stack +24
 *     GCM=0  flash -1.1 KB */
#ifndef LOCKET_CFG_CCM
#define LOCKET_CFG_CCM 1
#endif
#ifndef LOCKET_CFG_GCM
#define LOCKET_CFG_GCM 1
#endif

/* Roles. A device that is only ever a client leaves the server's rows out, and the other way
 * round; locket_init() refuses the role that is not there.
 *     CLIENT=0  flash -4.5 KB
 *     SERVER=0  flash -6.0 KB */
#ifndef LOCKET_CFG_CLIENT
#define LOCKET_CFG_CLIENT 1
#endif
#ifndef LOCKET_CFG_SERVER
#define LOCKET_CFG_SERVER 1
#endif

/* Coming back by session ID (RFC 5246 section 7.3): a server's cache, a client's remembered
 * sessions. And by ticket as well (RFC 5077), which needs the first. Without them locket_init()
 * refuses config.cache and config.tickets, locket_resume() says LOCKET_ERR_RECORD, and
 * locket_remember() LOCKET_ERR_STATE.
 *     RESUME=0  flash -5.5 KB, workspace -40, endpoint -48
 *     TICKETS=0  flash -1.9 KB */
#ifndef LOCKET_CFG_RESUME
#define LOCKET_CFG_RESUME 1
#endif
#ifndef LOCKET_CFG_TICKETS
#define LOCKET_CFG_TICKETS LOCKET_CFG_RESUME
#endif

/* Which session a full cache gives up for a new one: 1 the one longest unused, 0 a random one.
 *     CACHE_LRU=0  nothing */
#ifndef LOCKET_CFG_CACHE_LRU
#define LOCKET_CFG_CACHE_LRU 1
#endif

/* max_fragment_length (RFC 6066 section 4) and record_size_limit (RFC 8449): a small receiver
 * says what it can take.
 *     LIMITS=0  flash -0.6 KB */
#ifndef LOCKET_CFG_LIMITS
#define LOCKET_CFG_LIMITS 1
#endif

/* Connection IDs (RFC 9146), without which locket_init() refuses config.cid.
 *     CID=0  flash -5.3 KB, session -16, workspace -16, endpoint -44 */
#ifndef LOCKET_CFG_CID
#define LOCKET_CFG_CID 1
#endif

/* ... the longest that we ask our peers to send, and the longest that we can send for a peer; 0 to
 * 32 each. About one byte of every session and workspace per byte.
 *     CID_SIZE=32  session +24, workspace +24, stack +48
 *     PEER_CID_SIZE=32  session +24, workspace +24, stack +48 */
#ifndef LOCKET_CFG_CID_SIZE
#define LOCKET_CFG_CID_SIZE 8
#endif
#ifndef LOCKET_CFG_PEER_CID_SIZE
#define LOCKET_CFG_PEER_CID_SIZE 8
#endif

/* Data in records with a connection ID is padded with zeros to a multiple of so many bytes, so that
 * its length tells less (RFC 9146 section 4): the content, and one byte for its type. 1 is
 * no padding; to 255.
 *     CID_PADDING=16  nothing */
#ifndef LOCKET_CFG_CID_PADDING
#define LOCKET_CFG_CID_PADDING 1
#endif

/* Return routability checks (RFC 9853): who is heard from another address is asked there, and at
 * the old one, before anything is sent to it.
 *     RRC=0  flash -1.4 KB */
#ifndef LOCKET_CFG_RRC
#define LOCKET_CFG_RRC LOCKET_CFG_CID
#endif

/* Forged records that one session endures before it is closed. RFC 9325 section 4.4 gives
 * 2^28 for GCM, RFC 9147 section 4.5.3 gives 2^23.5 for CCM. For CCM_8 it gives none and asks
 * for one that fits the deployment: with 2^23 tries at a tag of 64 bits a forger succeeds in
 * one of 2^41 sessions, and needs 8 million datagrams to be told so by its end. A low limit
 * would let anybody close a session with as few datagrams. 1 to 2^32 - 1.
 *     BAD_TAGS_GCM=1000  nothing
 *     BAD_TAGS_CCM=1000  nothing */
#ifndef LOCKET_CFG_BAD_TAGS_GCM
#define LOCKET_CFG_BAD_TAGS_GCM (1UL << 28)
#endif
#ifndef LOCKET_CFG_BAD_TAGS_CCM
#define LOCKET_CFG_BAD_TAGS_CCM (1UL << 23)
#endif

/* Records that one key may protect: RFC 9147 section 4.5.3, RFC 9325 section
 * 4.4 (GCM 2^24.5, CCM 2^23). The application is told before they are used up
 * (LOCKET_WEARING); then nothing can be sent. 16 to 2^32 - 1.
 *     RECORDS_GCM=1000  nothing
 *     RECORDS_CCM=1000  nothing */
#ifndef LOCKET_CFG_RECORDS_GCM
#define LOCKET_CFG_RECORDS_GCM 23726566UL
#endif
#ifndef LOCKET_CFG_RECORDS_CCM
#define LOCKET_CFG_RECORDS_CCM (1UL << 23)
#endif

/* AES-NI, PCLMULQDQ and SHA-NI behind the same prototypes, chosen at run time
 * by what the processor has. Only x86_64 with gcc or clang; 0 is for those who want the
 * portable code alone.
 *     X86=0  nothing */
#ifndef LOCKET_CFG_X86
#if defined(__x86_64__) && defined(__GNUC__)
#define LOCKET_CFG_X86 1
#else
#define LOCKET_CFG_X86 0
#endif
#endif

/* Keep what can be derived again: the midstates of the cookie secrets, which halves the
 * SHA-256 blocks of the answer to a first ClientHello; those of the generator's key and of the
 * master secret; and the randoms of eight hellos, which are drawn together. That saves a quarter
 * of the blocks of a handshake that resumes a session. 417 bytes of every endpoint and 64 of
 * every workspace; for gateways. Default: 1 where pointers have 64 bits.
 *     FAST=1  flash +0.3 KB, workspace +64, endpoint +96, stack +256 */
#ifndef LOCKET_CFG_FAST
#if UINTPTR_MAX > 0xFFFFFFFF
#define LOCKET_CFG_FAST 1
#else
#define LOCKET_CFG_FAST 0
#endif
#endif

/* A platform's AES block, locket_port_aes(), in place of ours: see locket_port.h. It has to
 * run in constant time as ours does.
 *     PORT_AES=1  flash -1.3 KB, stack -56 */
#ifndef LOCKET_CFG_PORT_AES
#define LOCKET_CFG_PORT_AES 0
#endif

/* Internal functions: `static` when locket.c is compiled whole, which is what
 * ships; empty when a file is compiled alone, which is what unit tests link. */
#ifndef LOCKET_INTERNAL
#define LOCKET_INTERNAL
#endif

/* Values and combinations that cannot work. */
#if LOCKET_CFG_CCM * (LOCKET_CFG_CCM - 1) || LOCKET_CFG_GCM * (LOCKET_CFG_GCM - 1)
#error "LOCKET_CFG_CCM and LOCKET_CFG_GCM must be 0 or 1"
#endif
#if LOCKET_CFG_CLIENT * (LOCKET_CFG_CLIENT - 1) || LOCKET_CFG_SERVER * (LOCKET_CFG_SERVER - 1)
#error "LOCKET_CFG_CLIENT and LOCKET_CFG_SERVER must be 0 or 1"
#endif
#if LOCKET_CFG_FAST * (LOCKET_CFG_FAST - 1)
#error "LOCKET_CFG_FAST must be 0 or 1"
#endif
#if LOCKET_CFG_PORT_AES * (LOCKET_CFG_PORT_AES - 1)
#error "LOCKET_CFG_PORT_AES must be 0 or 1"
#endif
#if LOCKET_CFG_RESUME * (LOCKET_CFG_RESUME - 1) || LOCKET_CFG_TICKETS * (LOCKET_CFG_TICKETS - 1)
#error "LOCKET_CFG_RESUME and LOCKET_CFG_TICKETS must be 0 or 1"
#endif
#if LOCKET_CFG_TICKETS > LOCKET_CFG_RESUME
#error "LOCKET_CFG_TICKETS needs LOCKET_CFG_RESUME"
#endif
#if LOCKET_CFG_CACHE_LRU * (LOCKET_CFG_CACHE_LRU - 1) || LOCKET_CFG_LIMITS * (LOCKET_CFG_LIMITS - 1)
#error "LOCKET_CFG_CACHE_LRU and LOCKET_CFG_LIMITS must be 0 or 1"
#endif
#if LOCKET_CFG_CID_SIZE < 0 || LOCKET_CFG_CID_SIZE > 32 || LOCKET_CFG_PEER_CID_SIZE < 0 || LOCKET_CFG_PEER_CID_SIZE > 32
#error "LOCKET_CFG_CID_SIZE and LOCKET_CFG_PEER_CID_SIZE must be 0 to 32"
#endif
#if LOCKET_CFG_CID_PADDING < 1 || LOCKET_CFG_CID_PADDING > 255
#error "LOCKET_CFG_CID_PADDING must be 1 to 255"
#endif
#if LOCKET_CFG_CID * (LOCKET_CFG_CID - 1) || LOCKET_CFG_RRC * (LOCKET_CFG_RRC - 1)
#error "LOCKET_CFG_CID and LOCKET_CFG_RRC must be 0 or 1"
#endif
#if LOCKET_CFG_RRC > LOCKET_CFG_CID
#error "LOCKET_CFG_RRC needs LOCKET_CFG_CID"
#endif
#if LOCKET_CFG_X86 * (LOCKET_CFG_X86 - 1)
#error "LOCKET_CFG_X86 must be 0 or 1"
#endif
#if LOCKET_CFG_X86 && !(defined(__x86_64__) && defined(__GNUC__))
#error "LOCKET_CFG_X86 needs x86_64 and gcc or clang"
#endif
#if LOCKET_CFG_BAD_TAGS_GCM < 1 || LOCKET_CFG_BAD_TAGS_CCM < 1 || \
    LOCKET_CFG_BAD_TAGS_GCM > 0xFFFFFFFF || LOCKET_CFG_BAD_TAGS_CCM > 0xFFFFFFFF
#error "LOCKET_CFG_BAD_TAGS_GCM and LOCKET_CFG_BAD_TAGS_CCM must be 1 to 4294967295"
#endif
#if LOCKET_CFG_RECORDS_GCM < 16 || LOCKET_CFG_RECORDS_CCM < 16 || \
    LOCKET_CFG_RECORDS_GCM > 0xFFFFFFFF || LOCKET_CFG_RECORDS_CCM > 0xFFFFFFFF
#error "LOCKET_CFG_RECORDS_GCM and LOCKET_CFG_RECORDS_CCM must be 16 to 4294967295: the last is for close_notify"
#endif
#if LOCKET_CFG_PEER_SIZE < 1 || LOCKET_CFG_PEER_SIZE > 31
#error "LOCKET_CFG_PEER_SIZE must be 1 to 31"
#endif
#if LOCKET_CFG_ARENA < 256 || LOCKET_CFG_ARENA > 16384
#error "LOCKET_CFG_ARENA must be 256 to 16384: a cookie of 255 bytes has to fit (RFC 6347 section 4.2.1)"
#endif
#if LOCKET_CFG_IDENTITY_SIZE < 1 || LOCKET_CFG_IDENTITY_SIZE + 96 > LOCKET_CFG_ARENA
#error "LOCKET_CFG_IDENTITY_SIZE must be at least 1, and LOCKET_CFG_ARENA at least 96 more"
#endif
#if LOCKET_CFG_LINK_BITS != 16 && LOCKET_CFG_LINK_BITS != 32
#error "LOCKET_CFG_LINK_BITS must be 16 or 32"
#endif
#if !LOCKET_CFG_CCM && !LOCKET_CFG_GCM
#error "LOCKET_CFG_CCM and LOCKET_CFG_GCM are both 0: no cipher suite is left"
#endif
#if !LOCKET_CFG_CLIENT && !LOCKET_CFG_SERVER
#error "LOCKET_CFG_CLIENT and LOCKET_CFG_SERVER are both 0: no role is left"
#endif

#endif
