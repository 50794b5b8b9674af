// SPDX-License-Identifier: Apache-2.0
import { BOOT_MARKER } from './preamble';

/** What the script takes for one architecture; `-` when the agent is not packaged for it. */
export interface PackagedAgent {
  readonly sha256: string;
  readonly size: number;
}

/** How many agents stay on a host, the one in use among them. */
const KEEP = 2;

/**
 * Runs on the host under any login shell that knows `exec` and single quotes (sh, bash, zsh, fish, csh):
 * one line, no single quote, backslash or exclamation mark inside, values as arguments of plain characters.
 * Needs uname, id, head, sha256sum, mv and friends, from coreutils or busybox.
 *
 * Lines on stdout, each after the marker and the nonce:
 *   `need ARCH`        send that agent on stdin now
 *   `start root|sudo`  the agent follows
 *   `arch SYSTEM MACHINE`, `nosum`, `nosudo`, `home DIR`, `space DIR FREE_KIB`, `broken DIR`   why it cannot go on
 */
const SCRIPT = [
  `n="$1"; v="$2"; LC_ALL=C; export LC_ALL; umask 077;`,
  `say() { echo "${BOOT_MARKER} $n $*"; };`,
  `m=$(uname -m); s=$(uname -s);`,
  `case "$s/$m" in`,
  `Linux/x86_64) a=x86_64; h="$3"; z="$4";;`,
  `Linux/aarch64|Linux/arm64) a=aarch64; h="$5"; z="$6";;`,
  `*) h=-;; esac;`,
  `if [ "$h" = - ]; then say arch "$s" "$m"; exit 3; fi;`,
  `sum() { sha256sum < "$1" 2>/dev/null | cut -c1-64; };`,
  `if command -v sha256sum >/dev/null 2>&1; then :; else say nosum; exit 4; fi;`,
  `c="$HOME/.cache/sockmap"; f="$c/agent-$v-$h";`,
  `if [ -f "$f" ] && [ -x "$f" ] && [ "$(sum "$f")" = "$h" ]; then :; else`,
  `mkdir -p "$c" 2>/dev/null; if [ -d "$c" ] && [ -w "$c" ]; then :; else say home "$c"; exit 5; fi;`,
  `t="$c/.incoming-$$"; trap "exit 9" HUP INT TERM; trap clean EXIT; clean() { rm -f "$t"; };`,
  `say need "$a";`,
  `head -c "$z" > "$t"; e=$?;`,
  `if [ "$e" = 0 ] && [ "$(sum "$t")" = "$h" ] && chmod 700 "$t" && mv -f "$t" "$f"; then :; else`,
  // The partial file must not count as used space.
  `clean; k=$(df -Pk "$c" 2>/dev/null | tail -n 1 | while read -r x x x y x; do echo "$y"; done);`,
  `if [ "\${k:-0}" -lt $((z / 1024 + 1)) ] && [ -n "$k" ]; then say space "$c" "$k"; else say broken "$c"; fi; exit 6; fi;`,
  `trap - EXIT HUP INT TERM; fi;`,
  `touch "$f"; i=0; for o in $(ls -t "$c"); do case "$o" in agent-*) i=$((i + 1)); if [ "$i" -gt ${String(KEEP)} ]; then rm -f "$c/$o"; fi;; esac; done;`,
  `find "$c" -name ".incoming-*" -mmin +60 -exec rm -f {} + 2>/dev/null;`,
  `if [ "$(id -u)" = 0 ]; then say start root; exec "$f" serve --nonce "$n"; fi;`,
  `if command -v sudo >/dev/null 2>&1; then say start sudo; exec sudo -n -- "$f" serve --nonce "$n"; fi;`,
  `say nosudo; exit 7;`,
].join(' ');

/** The command for ssh. `nonce` is hex; `version` is reduced to plain characters. */
export function bootstrapCommand(
  nonce: string,
  version: string,
  agents: { readonly x86_64: PackagedAgent | undefined; readonly aarch64: PackagedAgent | undefined },
): string {
  const describe = (agent: PackagedAgent | undefined) =>
    agent === undefined ? ['-', '0'] : [agent.sha256, String(agent.size)];
  const plain = version.replace(/[^0-9A-Za-z.]/g, '_');
  const args = [nonce, plain, ...describe(agents.x86_64), ...describe(agents.aarch64)];
  return shellCommand(SCRIPT, args);
}

/** `exec sh -c` for a script and arguments that every login shell takes as they are; throws on any other. */
export function shellCommand(script: string, args: readonly string[]): string {
  if (/['\\!\n\r]/.test(script)) {
    throw new Error('The script has characters that some login shell would change.');
  }
  for (const arg of args) {
    if (!/^[0-9A-Za-z._-]+$/.test(arg)) {
      throw new Error(`The argument ${JSON.stringify(arg)} is not plain.`);
    }
  }
  return ['exec', 'sh', '-c', `'${script}'`, 'sockmap', ...args].join(' ');
}
