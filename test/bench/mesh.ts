// SPDX-License-Identifier: Apache-2.0
/**
 * Two pods on one host, as a mesh makes them: network namespaces joined by a veth pair, each with a haproxy as its
 * sidecar, into which iptables REDIRECT sends what the client and the server say to each other.
 *
 *   client > [OUTPUT REDIRECT] sidecar > veth > [PREROUTING REDIRECT] sidecar > nginx
 *
 * haproxy finds where a redirected connection was going by SO_ORIGINAL_DST, which is what `server 0.0.0.0:0` means.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from '../rig/checkout';
import { run } from '../rig/processes';
import { Cleanup } from '../support/cleanup';
import { createNetns, linkNetns, type TestNetns } from '../support/netns';

const clientAddress = '10.78.0.1';
const serverAddress = '10.78.0.2';
const serverPort = 8080;
const outboundPort = 15001;
const inboundPort = 15006;
/** By which iptables tells the sidecar's connections from those that it must catch; needs no entry in passwd. */
const sidecarUid = 61378;

export interface Mesh {
  readonly url: string;
  /** Runs a command in the client's pod, in the cgroup; its standard output. */
  client(command: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** argv that enters the namespace, joins the cgroup and becomes the command: positional parameters, nothing is quoted. */
const inPod = (netns: TestNetns, cgroup: string, command: readonly string[]): readonly string[] => [
  `--net=${netns.path}`,
  'sh',
  '-c',
  'echo 0 >"$1/cgroup.procs" && shift && exec "$@"',
  'sh',
  cgroup,
  ...command,
];

const nginxConf = (folder: string): string => `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log crit;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder}; keepalive_requests 100000000;
  server { listen ${serverAddress}:${serverPort}; location / { return 200 "0123456789abcdef"; } }
}
`;

const sidecarConf = (port: number): string => `
global
  nbthread 1
  maxconn 2000
  uid ${sidecarUid}
  gid ${sidecarUid}
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend caught
  bind 0.0.0.0:${port}
  default_backend original
backend original
  server destination 0.0.0.0:0
`;

const redirect = (chain: 'OUTPUT' | 'PREROUTING', port: number): readonly string[] => [
  ...['-t', 'nat', '-A', chain, '-p', 'tcp', '--dport', String(serverPort)],
  ...(chain === 'OUTPUT' ? ['-m', 'owner', '!', '--uid-owner', String(sidecarUid)] : []),
  ...['-j', 'REDIRECT', '--to-ports', String(port)],
];

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function answers(mesh: Mesh): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mesh.client(['wrk', '-t1', '-c1', '-d1s', mesh.url]);
      return;
    } catch (error) {
      if (attempt === 20) throw error;
      await delay(100);
    }
  }
}

/** Starts all of it with every process in the cgroup, and waits until a request came through. */
export async function startMesh(cgroup: string): Promise<Mesh> {
  const cleanup = new Cleanup();
  try {
    const folder = await temporaryFolder('mesh');
    cleanup.add(() => folder.remove());
    const client = await createNetns('client');
    cleanup.add(() => client.remove());
    const server = await createNetns('server');
    cleanup.add(() => server.remove());
    await linkNetns(client, `${clientAddress}/24`, server, `${serverAddress}/24`);
    await client.exec('iptables', ...redirect('OUTPUT', outboundPort));
    await server.exec('iptables', ...redirect('PREROUTING', inboundPort));

    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const start = (netns: TestNetns, command: readonly string[]): void => {
      const child = spawn('nsenter', inPod(netns, cgroup, command), {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      cleanup.add(() => endProcess(child));
    };
    start(server, ['nginx', '-c', await file('nginx.conf', nginxConf(folder.path)), '-p', folder.path]);
    start(server, ['haproxy', '-db', '-q', '-f', await file('inbound.cfg', sidecarConf(inboundPort))]);
    start(client, ['haproxy', '-db', '-q', '-f', await file('outbound.cfg', sidecarConf(outboundPort))]);
    const mesh: Mesh = {
      url: `http://${serverAddress}:${serverPort}/`,
      client: command => run('nsenter', inPod(client, cgroup, command)),
      stop: () => cleanup.run(),
    };
    await answers(mesh);
    return mesh;
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
