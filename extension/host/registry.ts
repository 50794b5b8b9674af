// SPDX-License-Identifier: Apache-2.0
import type { HostDefinition } from '../core/hosts';
import type { Logger } from '../core/logger';
import { Emitter } from '../core/util/emitter';
import { AgentBinaries } from './agentBinary';
import type { Host, HostRegistry } from './api';
import { type Clock, systemClock } from './clock';
import type { Connector } from './connector';
import { LocalConnector } from './local';
import { ManagedHost } from './managedHost';
import { SshConnector } from './ssh';

export interface HostRegistryOptions {
  /** `dist/agent` of the extension: `<arch>/sockmap-agent` and SHA256SUMS. */
  readonly agentFolder: string;
  /** Of the extension. */
  readonly version: string;
  readonly logger: Logger;
  /** `sockmap.agentPath`, asked at each local start; empty or undefined for the packaged agent. */
  readonly agentPath?: () => string | undefined;
  /** `sockmap.ssh.path`, asked at each connection; empty or undefined for `ssh`. */
  readonly sshPath?: () => string | undefined;
  readonly clock?: Clock;
  readonly env?: NodeJS.ProcessEnv;
}

class Registry implements HostRegistry {
  readonly #options: HostRegistryOptions;
  readonly #clock: Clock;
  readonly #binaries: AgentBinaries;
  readonly #changed = new Emitter<void>();
  #hosts: readonly ManagedHost[] = [];

  readonly onDidChangeHosts = this.#changed.event;

  constructor(options: HostRegistryOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#binaries = new AgentBinaries(options.agentFolder);
  }

  get hosts(): readonly Host[] {
    return this.#hosts;
  }

  get(id: string): Host | undefined {
    return this.#hosts.find(host => host.definition.id === id);
  }

  update(definitions: readonly HostDefinition[]): void {
    const before = this.#hosts;
    const seen = new Set<string>();
    const unique = definitions.filter(({ id }) => !seen.has(id) && seen.add(id));
    this.#hosts = unique.map(
      definition =>
        before.find(host => sameDefinition(host.definition, definition)) ?? this.#create(definition),
    );
    const gone = before.filter(host => !this.#hosts.includes(host));
    for (const host of gone) {
      void host.dispose();
    }
    if (gone.length > 0 || this.#hosts.some((host, i) => host !== before[i])) {
      this.#changed.fire();
    }
  }

  dispose(): void {
    for (const host of this.#hosts) {
      void host.dispose();
    }
    this.#hosts = [];
    this.#changed.dispose();
  }

  #create(definition: HostDefinition): ManagedHost {
    const { logger, version } = this.#options;
    return new ManagedHost({
      definition,
      connector: this.#connector(definition),
      client: `sockmap/${version}`,
      logger,
      clock: this.#clock,
    });
  }

  #connector(definition: HostDefinition): Connector {
    const { logger, version, agentPath, sshPath, env } = this.#options;
    const clock = this.#clock;
    const binaries = this.#binaries;
    const common = { binaries, logger, clock, ...(env === undefined ? {} : { env }) };
    if (definition.kind === 'ssh') {
      return {
        open: options => {
          const path = sshPath?.();
          const own = path === undefined ? {} : { sshPath: path };
          return new SshConnector({ ...common, ...own, target: definition, version }).open(options);
        },
      };
    }
    return {
      open: options => {
        const path = agentPath?.();
        const own = path === undefined ? {} : { agentPath: path };
        return new LocalConnector({ ...common, ...own }).open(options);
      },
    };
  }
}

function sameDefinition(a: HostDefinition, b: HostDefinition): boolean {
  const key = (d: HostDefinition) =>
    d.kind === 'local' ? [d.kind, d.label] : [d.kind, d.id, d.label, d.destination, d.port, d.configFile];
  return JSON.stringify(key(a)) === JSON.stringify(key(b));
}

export function createHostRegistry(options: HostRegistryOptions): HostRegistry {
  return new Registry(options);
}
