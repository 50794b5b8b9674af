// SPDX-License-Identifier: Apache-2.0
import type { Panel } from './panel';

/** `3 of 120`, or what else is to be said about the search. */
export function searchWords(panel: Panel): string {
  const { query: text, count, index, running, cancelled } = panel.search;
  if (text.trim() === '') return '';
  if (running) return panel.t('searching', count, Math.floor(100 * panel.search.share));
  if (cancelled) return panel.t('searchCancelled');
  if (count === 0) return panel.t('noMatches');
  return panel.t('matchOf', index + 1, count);
}

/** What screen readers say when it changes. */
export function spoken(panel: Panel): string {
  if (panel.phase === 'loading') return panel.t('loading');
  if (panel.phase === 'failed') return panel.failure;
  // How far a search is changes too often to be listened to.
  return panel.search.running ? '' : searchWords(panel);
}
