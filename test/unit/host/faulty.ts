// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { AgentBinaries } from '../../../extension/host/agentBinary';
import { type Clock, systemClock } from '../../../extension/host/clock';
import { LocalConnector } from '../../../extension/host/local';
import { silent } from '../../support/hosts';

export const faultyAgent = fileURLToPath(new URL('../../support/faultyAgent.mjs', import.meta.url));

/** The real local connector with an agent that misbehaves as told. */
export function faultyConnector(fault: string, clock: Clock = systemClock): LocalConnector {
  return new LocalConnector({
    binaries: new AgentBinaries('/nonexistent'),
    agentPath: faultyAgent,
    logger: silent,
    clock,
    platform: 'linux',
    uid: 0,
    env: { ...process.env, FAULT: fault },
  });
}

export function open(fault: string, clock?: Clock) {
  return faultyConnector(fault, clock).open({
    signal: new AbortController().signal,
    onStage: () => undefined,
  });
}
