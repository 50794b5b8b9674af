// SPDX-License-Identifier: Apache-2.0
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const __u8 mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

int sma_address_family(__u16 family, const __u8 address[16])
{
	return family == AF_INET || memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0 ? 4
											       : 6;
}

void sma_address_text(__u16 family, const __u8 address[16], char out[SMA_ADDRESS_TEXT])
{
	if (family == AF_INET)
		inet_ntop(AF_INET, address, out, SMA_ADDRESS_TEXT);
	else if (sma_address_family(family, address) == 4)
		inet_ntop(AF_INET, address + sizeof(mapped_prefix), out, SMA_ADDRESS_TEXT);
	else
		inet_ntop(AF_INET6, address, out, SMA_ADDRESS_TEXT);
}

static void as_ipv6(__u16 family, const __u8 address[16], __u8 out[16])
{
	if (family == AF_INET) {
		memcpy(out, mapped_prefix, sizeof(mapped_prefix));
		memcpy(out + sizeof(mapped_prefix), address, 4);
	} else {
		memcpy(out, address, 16);
	}
}

int sma_address_compare(__u16 family, const __u8 address[16], __u16 other_family,
			const __u8 other[16])
{
	int order = sma_address_family(family, address) - sma_address_family(other_family, other);
	__u8 left[16], right[16];

	if (order)
		return order;
	as_ipv6(family, address, left);
	as_ipv6(other_family, other, right);
	return memcmp(left, right, sizeof(left));
}

void sma_endpoint_text(__u16 family, const __u8 address[16], __u16 port,
		       char out[SMA_ENDPOINT_TEXT])
{
	char text[SMA_ADDRESS_TEXT];

	sma_address_text(family, address, text);
	snprintf(out, SMA_ENDPOINT_TEXT, strchr(text, ':') ? "[%s]:%u" : "%s:%u", text, port);
}

json_t *sma_endpoint(__u16 family, const __u8 address[16], __u16 port)
{
	char text[SMA_ENDPOINT_TEXT];

	sma_endpoint_text(family, address, port, text);
	return json_string(text);
}

const char *sma_tcp_state(__u8 state)
{
	static const char *const names[] = {"UNKNOWN",	   "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
					    "FIN_WAIT1",   "FIN_WAIT2",	  "TIME_WAIT", "CLOSE",
					    "CLOSE_WAIT",  "LAST_ACK",	  "LISTEN",    "CLOSING",
					    "NEW_SYN_RECV"};

	return state < sizeof(names) / sizeof(*names) ? names[state] : "UNKNOWN";
}
