/* SPDX-License-Identifier: Apache-2.0
 *
 * trace_cid.h -- a whole conversation between a client and a server of Mbed TLS 3.6.6, captured
 * on the way: DTLS 1.2, TLS_PSK_WITH_AES_128_CCM_8, cookie exchange, extended master secret and
 * connection IDs (RFC 9146). The client receives by an ID of 4 bytes, the server by one of 8;
 * both pad what is in a record to a multiple of 16 bytes.
 *
 *     client                                server
 *     ClientHello              -------->
 *                              <--------    HelloVerifyRequest
 *     ClientHello + cookie     -------->
 *                              <--------    ServerHello, ServerHelloDone
 *     ClientKeyExchange, CCS,
 *     Finished                 -------->
 *                              <--------    CCS, Finished
 *     "ping from client"       -------->
 *                              <--------    the same
 *     "fifteen bytes."         -------->
 *                              <--------    the same: with its newline and the type no padding
 *     close_notify             --------> */
#ifndef TRACE_CID_H
#define TRACE_CID_H

enum { CID_TRACE_CLIENT, CID_TRACE_SERVER };
enum { CID_TRACE_PADDING = 16 };

/* The pre-shared key is 000102030405060708090a0b0c0d0e0f. */
static const struct { int from; const char *hex; } cid_trace[] = {
    { CID_TRACE_CLIENT,
      "16fefd0000000000000000005d010000510000000000000051fefd6b0340b8c4e26ca7a76e4de92cce254a97"
      "fec1725464a322998805d02d2bde3300000004c0a800ff01000023000d000e000c0603060105030501040304"
      "01003600050422e9c4890016000000170000" },
    { CID_TRACE_SERVER,
      "16fefd0000000000000000002f030000230000000000000023fefd206b0340b8ba2c7d427aa620b1108b5bf2"
      "aa48615cacd5f339a2f9401b747512b3" },
    { CID_TRACE_CLIENT,
      "16fefd0000000000000001007d010000710001000000000071fefd6b0340b8c4e26ca7a76e4de92cce254a97"
      "fec1725464a322998805d02d2bde3300206b0340b8ba2c7d427aa620b1108b5bf2aa48615cacd5f339a2f940"
      "1b747512b30004c0a800ff01000023000d000e000c060306010503050104030401003600050422e9c4890016"
      "000000170000" },
    { CID_TRACE_SERVER,
      "16fefd0000000000000001006a0200005e000100000000005efefd6b0340b8c8504ca835e59cb4013fd5ee34"
      "de5a4874779bf0b3b6eefa6e215120203dd6d962bbfc8322d1e5a6b127ae127b122925701639184315b21c4a"
      "f3a2792cc0a8000016ff010001000036000908f00cd42d3d39644e0017000016fefd0000000000000002000c"
      "0e0000000002000000000000" },
    { CID_TRACE_CLIENT,
      "16fefd0000000000000002001d100000110002000000000011000f436c69656e745f6964656e7469747914fe"
      "fd000000000000000300010119fefd0001000000000000f00cd42d3d39644e003000010000000000004ed5dd"
      "8b294cb0702bebfa40ef6b3861698518f6c7804a709a4b982a7f8c956369b06ad5ca94f675" },
    { CID_TRACE_SERVER,
      "14fefd000000000000000300010119fefd000100000000000022e9c48900300001000000000000195f59b296"
      "7e14f6dc056ce5fbf849c7c190c463d9c597e170c87e667ad5aefa7da104f128125705" },
    { CID_TRACE_CLIENT,
      "19fefd0001000000000001f00cd42d3d39644e00300001000000000001748a6e5b592c0de356634a1f3df808"
      "1c69f654e723ac3b312a76ee8b805771f034d6b9c41c468b68" },
    { CID_TRACE_SERVER,
      "19fefd000100000000000122e9c489003000010000000000018016a45d567c76461259b0cdb7de6c633e3bba"
      "76cec72a7e6679b273aae9b4286d115b6ee4375935" },
    { CID_TRACE_CLIENT,
      "19fefd0001000000000002f00cd42d3d39644e00200001000000000002caf3df877eaa6cdf0f0cde3a4ec966"
      "0a362969f9f4f8499b" },
    { CID_TRACE_SERVER,
      "19fefd000100000000000222e9c48900200001000000000002001d1271f5d3c5a917446800b235437a64d658"
      "d0ff8a7c8f" },
    { CID_TRACE_CLIENT,
      "19fefd0001000000000003f00cd42d3d39644e002000010000000000032a5f940e665424d352feb4fbf01772"
      "9acbc440232b8e8b82" },
};
enum { CID_TRACE_DATAGRAMS = sizeof cid_trace / sizeof cid_trace[0] };

static const char cid_trace_client_id[] = "22e9c489", cid_trace_server_id[] = "f00cd42d3d39644e";
static const char cid_trace_session_hash[] =
    "221dd5cc6883b5567767c705845975e445a3258eea08c56535c47d7831b3ea26";
static const char cid_trace_master[] =
    "59e39e2194e7bc3d36ae3146f4409f2b1a2bdc582cf5a1d68b3b5b6d2c333333651f5e8281c6dba8e3495c5e16a82af1";
static const char cid_trace_key_block[] =
    "1fffb7dffd4d00cefebf75e4219ed7db9b0e9620f51ba9c03a1fa97c57b0490652743a39d1b85b34";

#endif
