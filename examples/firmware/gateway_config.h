/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway_config.h -- the knobs of the gateway: the counterpart of meter_config.h. */
#define LOCKET_CFG_CLIENT 0
#define LOCKET_CFG_GCM 0
#define LOCKET_CFG_PEER_SIZE 12
