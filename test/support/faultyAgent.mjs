#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Misbehaves as no real agent does: FAULT chooses how. Speaks just enough of the protocol to be connected to.
import { setTimeout as sleep } from 'node:timers/promises';

const nonce = process.argv[process.argv.indexOf('--nonce') + 1] ?? '';
const fault = process.env['FAULT'] ?? '';
const hello = `SOCKMAP-AGENT ${nonce} ${fault === 'version' ? 99 : 1}\n`;

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  process.stdout.write(`Content-Length: ${body.length}\r\n\r\n`);
  process.stdout.write(body);
}

const initialized = {
  agentVersion: '0.0.0',
  protocol: 1,
  pid: process.pid,
  uid: 0,
  hostname: 'faulty',
  kernel: '0',
  arch: 'x86_64',
  bpffs: null,
  cgroup2: null,
  canLoad: false,
  problems: [],
};

async function answer({ id, method, params }) {
  if (method === 'initialize') {
    if (held !== undefined) {
      send(held);
    }
    send({ id, result: fault === 'schema' ? { pid: 'x' } : initialized });
    if (fault === 'diesAfterInitialize') {
      await sleep(20);
      process.exit(7);
    }
    return;
  }
  switch (fault) {
    case 'silent':
      return;
    case 'garbage':
      process.stdout.write('this is no frame\r\n\r\n'.repeat(4));
      return;
    case 'dies':
      process.stderr.write('segmentation fault, said the stand-in\n');
      process.exit(9);
      return;
    case 'badData':
      send({ id, error: { code: -32011, message: 'It failed.', data: { kind: 'nonsense' } } });
      return;
    case 'progress':
      send({ method: '$/progress', params: { token: params.progressToken, value: { message: 'half' } } });
      send({ method: '$/progress', params: { token: 'x' } });
      send({
        id,
        error: { code: -32006, message: 'It exists.', data: { kind: 'exists', action: 'Detach.' } },
      });
      return;
    case 'data':
      data(params, 'one ');
      data({ progressToken: params.progressToken + 1 }, 'of another');
      data(params, 'two ');
      pending = id;
      beforeEnd = () => {
        data(params, 'three');
        // Some of the bytes are slow: each is a sign of life.
        setTimeout(() => {
          data(params, ' four');
          send({ id, result: captured });
        }, 100);
      };
      return;
    case 'damagedData':
      send({ method: '$/data', params: { token: params.progressToken, data: 'no base64' } });
      pending = id;
      return;
    case 'dataOfNobody':
      send({ method: '$/data', params: { token: 'x', data: '' } });
      pending = id;
      return;
    case 'late':
      // Whoever asked is told before the next answer to initialize.
      held = { id, result: { attachments: [] } };
      return;
    case 'lateRefusal':
      held = { id, error: { code: -32800, message: 'Cancelled.' } };
      return;
    case 'cancellable':
      pending = id;
      return;
    default:
      send({ id, result: { attachments: [] } });
  }
}

const captured = {
  name: 'n',
  file: null,
  messages: 1,
  bytes: 13,
  packets: 1,
  dropped: { messages: 0, bytes: 0 },
  ended: 'interrupted',
};

function data({ progressToken: token }, text) {
  send({ method: '$/data', params: { token, data: Buffer.from(text).toString('base64') } });
}

let pending;
let held;
let beforeEnd;
let input = Buffer.alloc(0);
function onInput(chunk) {
  input = Buffer.concat([input, chunk]);
  for (;;) {
    const end = input.indexOf('\r\n\r\n');
    const length = Number(/Content-Length: (\d+)/i.exec(input.toString('latin1', 0, Math.max(end, 0)))?.[1]);
    if (end < 0 || input.length < end + 4 + length) {
      return;
    }
    const message = JSON.parse(input.toString('utf8', end + 4, end + 4 + length));
    input = input.subarray(end + 4 + length);
    if (message.method === '$/cancelRequest') {
      if (beforeEnd !== undefined) {
        beforeEnd();
      } else if (pending !== undefined) {
        send({ id: pending, error: { code: -32800, message: 'Cancelled.' } });
      }
    } else {
      void answer(message);
    }
  }
}

if (fault === 'exit') {
  process.stderr.write('cannot run here\n');
  process.exit(3);
} else if (fault === 'banner') {
  process.stdout.write('x'.repeat(80 * 1024));
} else if (fault !== 'mute') {
  process.stdout.write(`Welcome\nto the host> ${hello}`);
}
if (fault === 'stubborn') {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1000);
} else {
  process.stdin.on('end', () => process.exit(0));
}
process.stdin.on('data', onInput);
