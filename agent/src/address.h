/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_ADDRESS_H
#define SMA_ADDRESS_H

#include <jansson.h>
#include <linux/types.h>

#define SMA_ADDRESS_TEXT  48
#define SMA_ENDPOINT_TEXT (SMA_ADDRESS_TEXT + 8)

/* 4 or 6: a v4-mapped address counts as 4. */
int sma_address_family(__u16 family, const __u8 address[16]);

/* Without port. */
void sma_address_text(__u16 family, const __u8 address[16], char out[SMA_ADDRESS_TEXT]);

/* As memcmp(): IPv4 before IPv6, and by number. */
int sma_address_compare(__u16 family, const __u8 address[16], __u16 other_family,
			const __u8 other[16]);

/* 127.0.0.1:80, [::1]:80 */
void sma_endpoint_text(__u16 family, const __u8 address[16], __u16 port,
		       char out[SMA_ENDPOINT_TEXT]);
json_t *sma_endpoint(__u16 family, const __u8 address[16], __u16 port);

/* Name of a state of include/net/tcp_states.h. */
const char *sma_tcp_state(__u8 state);

#endif
