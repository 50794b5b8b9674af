// SPDX-License-Identifier: Apache-2.0
#include "caps.h"
#include "cli.h"
#include "kfuncs.h"
#include "log.h"

int main(int argc, char **argv)
{
	sma_caps_drop();
	sma_log_install();
	sma_kfuncs_install();
	return sma_cli(argc, argv);
}
