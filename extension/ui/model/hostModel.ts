// SPDX-License-Identifier: Apache-2.0
import { type HitRate, hitRate } from '../../core/hitRate';
import type { Problem } from '../../core/hosts';
import type { Logger } from '../../core/logger';
import { ProblemError } from '../../core/problem';
import { Refresher } from '../../core/refresher';
import type { Clock } from '../../core/util/clock';
import { type Disposable, DisposableStore, toDisposable } from '../../core/util/disposable';
import { Emitter, type Event } from '../../core/util/emitter';
import { type AgentClient, AgentError, type Host } from '../../host/api';
import type { Attachment, MapInfo, ProgramInfo, StatsResult } from '../../protocol/agent';

/** What somebody looks at; attachments are always read. */
export type Facet = 'stats' | 'programs' | 'maps';

export interface HostSnapshot {
  /** False until the first round ended. */
  readonly loaded: boolean;
  readonly attachments: readonly Attachment[];
  readonly programs: readonly ProgramInfo[];
  readonly maps: readonly MapInfo[];
  /** False while {@link maps} is empty only because nobody looked. */
  readonly mapsRead: boolean;
  /** By name of the attachment; only those of our datapath count. */
  readonly rates: ReadonlyMap<string, HitRate>;
  /** Why the last round failed. */
  readonly error: Problem | undefined;
}

const EMPTY: HostSnapshot = {
  loaded: false,
  attachments: [],
  programs: [],
  maps: [],
  mapsRead: false,
  rates: new Map(),
  error: undefined,
};

/** Further reading in the same round, e.g. the sockets of an open map. */
export type RoundWork = (client: AgentClient) => Promise<void>;

/** What is known of one host. It asks only while the host is ready and somebody looks. */
export class HostModel implements Disposable {
  readonly host: Host;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<void>());
  readonly #refresher: Refresher;
  readonly #demands = new Set<readonly Facet[]>();
  readonly #work = new Set<RoundWork>();
  readonly #readings = new Map<string, StatsResult>();
  readonly #log: Logger;
  #snapshot = EMPTY;

  constructor(host: Host, options: { readonly clock: Clock; readonly logger: Logger }) {
    this.host = host;
    this.#log = options.logger;
    this.#refresher = this.#store.add(
      new Refresher({
        clock: options.clock,
        run: () => this.#round(),
        onError: error => this.#failed(error),
      }),
    );
    this.#store.add(host.onDidChangeState(() => this.#stateChanged()));
  }

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  get snapshot(): HostSnapshot {
    return this.#snapshot;
  }

  setInterval(intervalMs: number): void {
    this.#refresher.setInterval(intervalMs);
  }

  /** Says that somebody looks at these, until disposed. */
  demand(facets: readonly Facet[], work?: RoundWork): Disposable {
    const own = [...facets];
    this.#demands.add(own);
    if (work !== undefined) {
      this.#work.add(work);
    }
    this.#activate();
    if (this.host.state.kind === 'ready') {
      this.#refresher.request();
    }
    return toDisposable(() => {
      this.#demands.delete(own);
      if (work !== undefined) {
        this.#work.delete(work);
      }
      this.#activate();
    });
  }

  /** Reads soon. */
  request(): void {
    this.#refresher.request();
  }

  /** Reads now; resolves when {@link snapshot} is new. */
  async refresh(): Promise<void> {
    await this.#refresher.runNow();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #activate(): void {
    this.#refresher.setActive(this.host.state.kind === 'ready' && this.#demands.size > 0);
  }

  #stateChanged(): void {
    if (this.host.state.kind === 'ready') {
      this.#refresher.request();
    } else {
      this.#snapshot = EMPTY;
      this.#readings.clear();
    }
    this.#activate();
    this.#changed.fire();
  }

  async #round(): Promise<void> {
    const client = this.host.client;
    if (client === undefined) {
      return;
    }
    const facets = new Set([...this.#demands].flat());
    const old = this.#snapshot;
    const { attachments } = await client.request('status', {});
    const programs = facets.has('programs') ? (await client.request('programs', {})).programs : old.programs;
    const maps = facets.has('maps') ? (await client.request('maps', {})).maps : old.maps;
    const rates = facets.has('stats') ? await this.#rates(client, attachments) : old.rates;
    if (this.host.client !== client) {
      return;
    }
    const mapsRead = old.mapsRead || facets.has('maps');
    this.#publish({ loaded: true, attachments, programs, maps, mapsRead, rates, error: undefined });
    for (const work of [...this.#work]) {
      await work(client);
    }
  }

  async #rates(
    client: AgentClient,
    attachments: readonly Attachment[],
  ): Promise<ReadonlyMap<string, HitRate>> {
    const rates = new Map<string, HitRate>();
    for (const { name, abi, state } of attachments) {
      if (abi === null || state === 'broken') {
        this.#readings.delete(name);
        continue;
      }
      const latest = await client.request('stats', { name });
      rates.set(name, hitRate(latest, this.#readings.get(name)));
      this.#readings.set(name, latest);
    }
    return rates;
  }

  #failed(error: unknown): void {
    if (this.host.state.kind !== 'ready') {
      return;
    }
    const problem = problemOf(error);
    this.#log.debug(`${this.host.definition.label}: refresh failed: ${problem.message}`);
    this.#publish({ ...this.#snapshot, error: problem });
  }

  #publish(snapshot: HostSnapshot): void {
    const before = this.#snapshot;
    this.#snapshot = snapshot;
    if (fingerprint(before) !== fingerprint(snapshot)) {
      this.#changed.fire();
    }
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) {
    return error.problem;
  }
  const message = error instanceof Error ? error.message : String(error);
  const action = error instanceof AgentError ? error.data?.action : undefined;
  return { code: 'internal', message, ...(action === undefined ? {} : { action }) };
}

/** What a view would draw differently. Run counts and instants of readings change all the time. */
function fingerprint(snapshot: HostSnapshot): string {
  const rates = [...snapshot.rates].map(([name, rate]) => [name, rate.total, rate.interval, rate.reasons]);
  return JSON.stringify([
    snapshot.loaded,
    snapshot.error,
    snapshot.attachments,
    snapshot.programs.map(p => [p.id, p.name, p.type, p.attachment]),
    snapshot.maps,
    snapshot.mapsRead,
    rates,
  ]);
}
