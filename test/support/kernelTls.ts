// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

/** Whether the running kernel is built with CONFIG_TLS, by the name of a counter that its BTF has then only. */
export async function hasKernelTls(): Promise<boolean> {
  return (await readFile('/sys/kernel/btf/vmlinux')).includes('\0tls_statistics\0');
}
