// SPDX-License-Identifier: Apache-2.0
/** What of settings, hosts and attachments must not be in a bug report. */
import { baseName } from './attachPlan';
import { formatCgroup } from './format';
import type { Secret } from './redact';

/** Words that name no one in particular. */
const COMMON: ReadonlySet<string> = new Set(['root', 'localhost', 'sockmap']);

/** Destination, label, configuration file or id of a host: itself, and the machine and the user in it. */
export function hostSecrets(text: string, placeholder: string): readonly Secret[] {
  const at = text.lastIndexOf('@');
  const machine = text.slice(at + 1);
  const words = [text, machine, machine.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')];
  const user = at > 0 ? [{ word: text.slice(0, at), placeholder: '<user>' }] : [];
  return uncommon([...words.map(word => ({ word, placeholder })), ...user]);
}

/** Every text in the setting `sockmap.hosts`, of whatever form it is. */
export function textsIn(setting: unknown): readonly string[] {
  if (typeof setting === 'string') {
    return [setting];
  }
  return typeof setting === 'object' && setting !== null ? Object.values(setting).flatMap(textsIn) : [];
}

/** A setting that is a path keeps the name of the file. */
export function pathSecrets(path: string): readonly Secret[] {
  return /[\\/]/.test(path) ? [{ word: path, placeholder: `<path>/${baseName(path)}` }] : [];
}

/** The path in an argument such as `-I/opt/include` or `--sysroot=/opt`. */
export function flagSecrets(flag: string): readonly Secret[] {
  const path = flag.replace(/^(-[\w-]*=|-(?:include|isystem|idirafter|[ILD]))/, '');
  return /[\\/]/.test(path) ? [{ word: path, placeholder: '<path>' }] : [];
}

export function attachmentSecrets(names: Iterable<string>): readonly Secret[] {
  return uncommon([...names].map((word, i) => ({ word, placeholder: `<attachment-${i}>`, whole: true })));
}

/** A cgroup as the agent writes it, and below the mount. */
export function cgroupSecrets(paths: Iterable<string>): readonly Secret[] {
  const below = [...new Set([...paths].map(formatCgroup))].filter(path => path !== '/');
  return below.flatMap((path, i) =>
    ['', '/sys/fs/cgroup', '/sys/fs/cgroup/unified'].map(mount => ({
      word: `${mount}${path}`,
      placeholder: `<cgroup-${i}>`,
      whole: true,
    })),
  );
}

/** Names in the targets of commands, which the log has as JSON. */
export function targetsIn(log: string, key: 'attachment' | 'cgroup' | 'file'): readonly string[] {
  return [...log.matchAll(new RegExp(`"${key}":("(?:[^"\\\\]|\\\\.)*")`, 'g'))].map(([, text = '""']) =>
    String(JSON.parse(text)),
  );
}

function uncommon(secrets: readonly Secret[]): readonly Secret[] {
  return secrets.filter(({ word }) => !COMMON.has(word));
}
