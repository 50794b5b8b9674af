// SPDX-License-Identifier: Apache-2.0
import {
  type MapNode,
  type SocketWindow,
  entryNodes,
  holdsSockets,
  noteNode,
  socketNodes,
} from '../../core/mapTree';
import type { SocketOrder } from '../../core/savedState';
import { unpackSocket } from '../../core/sockets';
import { Emitter, type Event } from '../../core/util/emitter';
import type { Disposable } from '../../core/util/disposable';
import type { AgentClient } from '../../host/api';
import type { MapEntriesResult, MapInfo } from '../../protocol/agent';

/** Rows that a map shows at first, and that Load More adds. */
export const PAGE = 100;

interface Window {
  readonly hostId: string;
  readonly mapId: number;
  limit: number;
  sockets: SocketWindow | undefined;
  entries: MapEntriesResult | undefined;
  error: string | undefined;
  fingerprint: string;
}

export interface WindowView {
  readonly filter: string | undefined;
  readonly order: SocketOrder | undefined;
}

/** The rows of maps that are open in the Map Explorer: only what is on screen is read. */
export class MapWindows implements Disposable {
  readonly #windows = new Map<string, Window>();
  readonly #changed = new Emitter<{ readonly hostId: string; readonly mapId: number }>();
  readonly #view: () => WindowView;

  constructor(view: () => WindowView) {
    this.#view = view;
  }

  get onDidChange(): Event<{ readonly hostId: string; readonly mapId: number }> {
    return this.#changed.event;
  }

  /** Says whether it was not open before. */
  open(hostId: string, mapId: number): boolean {
    const key = windowKey(hostId, mapId);
    if (this.#windows.has(key)) {
      return false;
    }
    this.#windows.set(key, {
      hostId,
      mapId,
      limit: PAGE,
      sockets: undefined,
      entries: undefined,
      error: undefined,
      fingerprint: '',
    });
    return true;
  }

  close(hostId: string, mapId: number): void {
    this.#windows.delete(windowKey(hostId, mapId));
  }

  more(hostId: string, mapId: number): void {
    const window = this.#windows.get(windowKey(hostId, mapId));
    if (window !== undefined) {
      window.limit += PAGE;
    }
  }

  /** Rows as nodes, or what stands in for them. */
  nodes(hostId: string, mapId: number): readonly MapNode[] {
    const window = this.#windows.get(windowKey(hostId, mapId));
    if (window?.error !== undefined) {
      return [noteNode(hostId, mapId, 'error', window.error)];
    }
    if (window?.sockets !== undefined) {
      return socketNodes(hostId, mapId, window.sockets);
    }
    return window?.entries === undefined
      ? [noteNode(hostId, mapId, 'loading')]
      : entryNodes(hostId, window.entries);
  }

  /** Reads the open maps of one host that are on screen. Maps that are gone are closed. */
  async load(
    hostId: string,
    client: AgentClient,
    maps: readonly MapInfo[],
    onScreen: (mapId: number) => boolean = () => true,
  ): Promise<void> {
    for (const window of [...this.#windows.values()].filter(w => w.hostId === hostId)) {
      const map = maps.find(m => m.id === window.mapId);
      if (map === undefined) {
        this.close(hostId, window.mapId);
        continue;
      }
      if (!onScreen(window.mapId)) {
        continue;
      }
      await this.#read(window, map, client);
      const fingerprint = JSON.stringify([window.error, window.sockets, window.entries]);
      if (fingerprint !== window.fingerprint) {
        window.fingerprint = fingerprint;
        this.#changed.fire({ hostId, mapId: window.mapId });
      }
    }
  }

  dispose(): void {
    this.#windows.clear();
    this.#changed.dispose();
  }

  async #read(window: Window, map: MapInfo, client: AgentClient): Promise<void> {
    const { mapId, limit } = window;
    try {
      if (holdsSockets(map)) {
        const { filter, order } = this.#view();
        const result = await client.request('sockets', {
          map: mapId,
          offset: 0,
          limit,
          ...(filter === undefined ? {} : { filter }),
          ...(order === undefined ? {} : { sort: order.column, descending: order.descending }),
        });
        window.sockets = {
          total: result.total,
          matched: result.matched,
          sockets: result.rows.map(unpackSocket),
          sorted: order !== undefined,
        };
      } else {
        window.entries = await client.request('mapEntries', { id: mapId, offset: 0, limit });
      }
      window.error = undefined;
    } catch (error) {
      window.error = error instanceof Error ? error.message : String(error);
    }
  }
}

function windowKey(hostId: string, mapId: number): string {
  return `${hostId}/map:${mapId}`;
}
