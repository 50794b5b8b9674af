// SPDX-License-Identifier: Apache-2.0
/** wrk > haproxy > haproxy > nginx on loopback: a request's way through two sidecars. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from '../rig/checkout';
import { run } from '../rig/processes';
import { showSpread, showTable, spread, type Spread } from './statistics';
import type { Variant } from './variants';

const connections = [1, 32, 128];

interface Load {
  readonly requestsPerSecond: number;
  readonly meanMs: number;
  readonly p99Ms: number;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port was given.');
  return address.port;
}

async function answers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const up = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      delay(1000).then(() => false),
    ]);
    socket.destroy();
    if (up) return;
    await delay(50);
  }
  throw new Error(`Nothing answers on port ${port}.`);
}

/** argv that joins the cgroup and becomes the command: positional parameters, so nothing is quoted. */
const inCgroup = (cgroup: string, command: readonly string[]): readonly string[] => [
  '-c',
  'echo 0 >"$1/cgroup.procs" && shift && exec "$@"',
  'sh',
  cgroup,
  ...command,
];

const nginxConf = (folder: string, port: number): string => `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log crit;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder}; keepalive_requests 100000000;
  server { listen 127.0.0.1:${port}; location / { return 200 "0123456789abcdef"; } }
}
`;

const haproxyConf = (from: number, to: number): string => `
global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend sidecar
  bind 127.0.0.1:${from}
  default_backend next
backend next
  server next 127.0.0.1:${to}
`;

const milliseconds = (text: string): number => {
  const found = /^([\d.]+)(us|ms|s)$/.exec(text);
  if (found === null) return Number.NaN;
  return Number(found[1]) * ({ us: 1e-3, ms: 1, s: 1e3 }[found[2] ?? ''] ?? Number.NaN);
};

export function parseWrk(output: string): Load {
  const field = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? '';
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`wrk met errors:\n${output}`);
  return {
    requestsPerSecond: Number(field(/Requests\/sec:\s+([\d.]+)/)),
    meanMs: milliseconds(field(/Latency\s+([\d.]+\w+)/)),
    p99Ms: milliseconds(field(/99%\s+([\d.]+\w+)/)),
  };
}

export interface Chain {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startChain(cgroup: string, folder: string): Promise<Chain> {
  const [first, second, last] = [await freePort(), await freePort(), await freePort()];
  await writeFile(join(folder, 'nginx.conf'), nginxConf(folder, last));
  await writeFile(join(folder, 'first.cfg'), haproxyConf(first, second));
  await writeFile(join(folder, 'second.cfg'), haproxyConf(second, last));
  const children: ChildProcess[] = [
    ['nginx', '-c', join(folder, 'nginx.conf'), '-p', folder],
    ['haproxy', '-db', '-q', '-f', join(folder, 'second.cfg')],
    ['haproxy', '-db', '-q', '-f', join(folder, 'first.cfg')],
  ].map(command => spawn('sh', inCgroup(cgroup, command), { stdio: ['ignore', 'ignore', 'inherit'] }));
  for (const port of [last, second, first]) await answers(port);
  return {
    port: first,
    stop: async () => {
      for (const child of children) {
        child.kill('SIGTERM');
        if (child.exitCode === null) await once(child, 'exit');
      }
    },
  };
}

export interface ChainResult {
  readonly connections: number;
  readonly plain: Load;
  readonly ratios: Readonly<Record<string, Readonly<Record<keyof Load, Spread>>>>;
}

/** Variants without a cgroup (AF_UNIX) are no chain of TCP proxies and are left out. */
export async function benchChain(
  variants: readonly Variant[],
  rounds: number,
  seconds: number,
  say: (text: string) => void,
): Promise<readonly ChainResult[]> {
  const loads = new Map<string, Load[]>();
  const key = (name: string, count: number): string => `${name} ${count}`;
  const tcp = variants.flatMap(({ name, cgroup }) => (cgroup === undefined ? [] : [{ name, cgroup }]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, cgroup } of tcp) {
      const folder = await temporaryFolder('chain');
      const chain = await startChain(cgroup, folder.path);
      try {
        for (const count of connections) {
          const wrk = [
            'wrk',
            '-t1',
            `-c${count}`,
            `-d${seconds}s`,
            '--latency',
            `http://127.0.0.1:${chain.port}/`,
          ];
          const load = parseWrk(await run('sh', inCgroup(cgroup, wrk)));
          loads.set(key(name, count), [...(loads.get(key(name, count)) ?? []), load]);
        }
      } finally {
        await chain.stop();
        await folder.remove();
      }
    }
    say(`measured the proxy chain, round ${round + 1} of ${rounds}`);
  }
  return connections.map(count => {
    const plain = loads.get(key('plain', count)) ?? [];
    const figure = (of: keyof Load, list: readonly Load[]): Spread =>
      spread(list.map((load, round) => load[of] / (plain[round]?.[of] ?? 1)));
    const figures = (list: readonly Load[]): Record<keyof Load, Spread> => ({
      requestsPerSecond: figure('requestsPerSecond', list),
      meanMs: figure('meanMs', list),
      p99Ms: figure('p99Ms', list),
    });
    const median = (of: keyof Load): number => spread(plain.map(load => load[of])).median;
    return {
      connections: count,
      plain: {
        requestsPerSecond: median('requestsPerSecond'),
        meanMs: median('meanMs'),
        p99Ms: median('p99Ms'),
      },
      ratios: Object.fromEntries(
        tcp
          .filter(({ name }) => name !== 'plain')
          .map(({ name }) => [name, figures(loads.get(key(name, count)) ?? [])]),
      ),
    };
  });
}

export function showChain(results: readonly ChainResult[]): string {
  const rows = results.flatMap(({ connections: count, plain, ratios }) =>
    Object.entries(ratios).map(([name, ratio]) => [
      `${name}, ${count} connections`,
      `${plain.requestsPerSecond.toFixed(0)} /s`,
      showSpread(ratio.requestsPerSecond),
      `${plain.meanMs.toFixed(2)} ms`,
      showSpread(ratio.meanMs),
      showSpread(ratio.p99Ms),
    ]),
  );
  return showTable(
    ['wrk > haproxy > haproxy > nginx', 'plain', 'requests', 'plain mean', 'mean latency', 'p99 latency'],
    rows,
  );
}
