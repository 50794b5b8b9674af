// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { VmOptions } from '../rig/vm';
import { runOn, execute, spawnHere, type Machine, type MachineArch, type MachineProcess } from './machine';

/**
 * `lateZerocopy`: completions for a sender that sets SO_ZEROCOPY when its socket is in a sockmap;
 * `answers`: FIONREAD counts redirected bytes, or a program may correct what it says; `letsGo`: iterators
 * may set TCP_NOTSENT_LOWAT; `peekOffset`: SO_PEEK_OFF for TCP (6.10); `nudges`: setting SO_RCVLOWAT from a
 * program wakes readers (6.1); `splices`: a program may mark the sockets of readers that splice() (5.11).
 */
export type Lack = 'mptcp' | 'lateZerocopy' | 'answers' | 'letsGo' | 'peekOffset' | 'nudges' | 'splices';

/** How to reach a virtual machine that somebody else started; can be sent to another process. */
export interface VmAddress {
  readonly sshConfig: string;
  readonly host: string;
  /** Socket of a connection that stands: each command is a channel in it, some 40 ms. */
  readonly controlPath: string;
  readonly arch: MachineArch;
  readonly slowness: number;
  readonly lookSeconds: number;
  readonly lacks: readonly Lack[];
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** The virtual machine that a project's tests run on; those of a project without run here. */
    vm: VmAddress | undefined;
    /** The one that is to be booted for them. */
    boot: (VmOptions & { readonly lacks: readonly Lack[] }) | undefined;
  }
}

/** Folder there for what is delivered and for the ids of processes. */
const FOLDER = '/run/sockmap-test';

/** Loads the kernel modules that only tests of connections need. */
export const LOAD_MODULES = 'for module in /lib/modules/traffic/*.ko; do insmod "$module" || exit 1; done';

/**
 * To be run in it once: its folder, these modules, and as much memory for
 * TCP as a machine with 8 GiB has, since thousands of sockets would soon use up what a small one allows.
 */
export const PREPARATION = [
  `mkdir ${FOLDER}`,
  LOAD_MODULES,
  'echo 98304 131072 196608 > /proc/sys/net/ipv4/tcp_mem',
].join(' && ');

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A virtual machine, over ssh; bash starts its commands, since busybox's shell prefers programs of its own. */
export function vmMachine({ sshConfig, host, controlPath, arch, slowness, lookSeconds }: VmAddress): Machine {
  let started = 0;
  const delivered = new Set<string>();
  const ssh = (command: string): MachineProcess =>
    spawnHere('ssh', ['-F', sshConfig, '-S', controlPath, '-T', host, command]);

  const spawn = (command: string, args: readonly string[]): MachineProcess => {
    started += 1;
    const pidFile = `${FOLDER}/${String(process.pid)}.${String(started)}.pid`;
    const child = ssh(
      `exec bash -c ${quote(`echo $$ > ${pidFile} && exec "$@"`)} bash ${[command, ...args].map(quote).join(' ')}`,
    );
    let over = false;
    void child.ended.finally(() => (over = true)).catch(() => undefined);
    return {
      ...child,
      kill: async signal => {
        /* The end of ssh would not end it. */
        if (!over) await ssh(`kill -${signal.slice(3)} "$(cat ${pidFile})" 2>/dev/null`).ended;
      },
    };
  };

  const machine: Machine = {
    arch,
    slowness,
    lookSeconds,
    spawn,
    async deliver(path) {
      const data = await readFile(path);
      const hash = createHash('sha256').update(data).digest('hex').slice(0, 16);
      const target = `${FOLDER}/${hash}-${basename(path)}`;
      if (delivered.has(target) || (await machine.exists(target))) {
        delivered.add(target);
        return target;
      }
      const mode = ((await stat(path)).mode & 0o777).toString(8);
      const upload = ssh(`cat > ${target}.new && chmod ${mode} ${target}.new && mv ${target}.new ${target}`);
      upload.stdin.end(data);
      const code = await upload.ended;
      if (code !== 0) throw new Error(`${path} could not be brought to ${host}: exit code ${String(code)}`);
      delivered.add(target);
      return target;
    },
    exists: async path => (await execute(machine, 'test', '-e', path)).code === 0,
    read: path => runOn(machine, 'cat', path),
    list: async folder => (await runOn(machine, 'ls', '-A', folder)).split('\n').filter(name => name !== ''),
    makeFolder: async path => {
      await runOn(machine, 'mkdir', path);
    },
    async removeFolder(path) {
      const { code, stderr } = await execute(machine, 'rmdir', path);
      if (code === 0) return 'removed';
      if (stderr.includes('No such file')) return 'absent';
      if (stderr.includes('busy')) return 'busy';
      throw new Error(stderr.trim());
    },
  };
  return machine;
}
