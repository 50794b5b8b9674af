// SPDX-License-Identifier: Apache-2.0
/**
 * The kernel verifier's log: a streaming parser with a compact store, states on demand, slices and statistics.
 *
 * ```ts
 * const log = new VerifierLog();
 * for await (const chunk of file) log.push(chunk); // Uint8Array or string, cut anywhere
 * log.end();
 * log.lineCount; log.line(7).insn?.pc; log.kind(7) === LineKind.Insn;
 * log.failure()?.source;                 // C line of the error
 * log.stateAt(7).frames[0]?.cells;       // r1: before -> after
 * log.slice(7, { register: 1 }).steps;   // how r1's value came to be
 * log.find('map_value_or_null', 8);      // next line with a text
 * ```
 *
 * Lines are counted from 0. Nothing throws because of a log's content; lines that are not understood have
 * {@link LineKind.Unknown} and are listed in {@link VerifierLog.unrecognized}. Formats: log levels 1, 2 and 4 of
 * Linux 5.10 and later (kernel/bpf/verifier.c, log.c, disasm.c), bare or in the wrapping of libbpf, bpftool,
 * cilium/ebpf, bpftrace or tc.
 */
export { VerifierLog } from './log';
export { feedLog, type FeedOptions, type LogPieces } from './feed';
export type { InsnVisits, LogLine, LogPath, SourceVisits, Truncation } from './log';
export { LINE_KIND_NAMES, LineKind } from './kinds';
export type { CallKind, CallTarget, Insn, InsnKind, MemoryAccess } from './insn';
export type { SourceLine } from './sourceTable';
export type { FrameView, StateCell, StateView } from './state';
export type { Slice, SliceRole, SliceStep, SliceTarget } from './slice';
export type { Section, Subprogram, VerifierCounters, VerifierReport } from './sections';
export { NO_REASON, type VerifierFailure } from './failure';
export { explain, type Explanation, type Origin } from './explain';
