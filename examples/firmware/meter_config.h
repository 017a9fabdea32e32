/* SPDX-License-Identifier: Apache-2.0
 *
 * meter_config.h -- the knobs of the meter (include/locket_config.h explains them all): only
 * ever a client, CCM_8 alone on the wire, peers named by 12 bytes (ipv4.h). */
#define LOCKET_CFG_SERVER 0
#define LOCKET_CFG_GCM 0
#define LOCKET_CFG_PEER_SIZE 12
