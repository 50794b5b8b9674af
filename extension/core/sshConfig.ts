// SPDX-License-Identifier: Apache-2.0

export interface SshConfigNames {
  /** Host names without wildcards or negation, in order. */
  readonly hosts: readonly string[];
  /** Arguments of Include as written: patterns, `~` unexpanded. */
  readonly includes: readonly string[];
}

/** Splits as ssh's argv_split does for these two keywords: blanks, double or single quotes, `#` ends the line. */
function words(text: string): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(/"([^"]*)"|'([^']*)'|(#.*)|([^\s"'#]\S*)/g)) {
    if (match[3] !== undefined) {
      break;
    }
    found.push(match[1] ?? match[2] ?? match[4] ?? '');
  }
  return found;
}

/** Names for a pick list only: ssh itself reads the configuration (ssh_config(5)) when it connects. */
export function parseSshConfig(text: string): SshConfigNames {
  const hosts: string[] = [];
  const includes: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(host|include)(?:\s*=\s*|\s+)(.*)$/i.exec(line);
    if (match === null) {
      continue;
    }
    const list = words(match[2] ?? '');
    if (match[1]?.toLowerCase() === 'include') {
      includes.push(...list);
    } else {
      hosts.push(...list.filter(name => name !== '' && !/[*?!]/.test(name)));
    }
  }
  return { hosts, includes };
}
