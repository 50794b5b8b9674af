/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_KFUNCS_H
#define SMA_KFUNCS_H

/*
 * Lets programs be loaded that would call a weak kfunc if the kernel had it. Once, before any other
 * use of libbpf; it changes how that loads programs of the datapath's sections.
 */
void sma_kfuncs_install(void);

#endif
