// SPDX-License-Identifier: Apache-2.0
import type { VerifyResult } from '../protocol/agent';

/** The most instructions that the verifier looks at (BPF_COMPLEXITY_LIMIT_INSNS in kernel/bpf/verifier.c). */
export const INSN_LIMIT = 1_000_000;

export interface VerifierRow {
  readonly program: string;
  readonly section: string;
  readonly type: string;
  readonly ok: boolean;
  readonly error: string | undefined;
  readonly insns: number;
  readonly insnsProcessed: number | undefined;
  /** Share of {@link INSN_LIMIT} that was used up. */
  readonly budget: number | undefined;
}

export interface VerifierSummary {
  readonly ok: boolean;
  readonly rows: readonly VerifierRow[];
  /** The first program that was refused. */
  readonly rejected: VerifierRow | undefined;
  /** Instructions that the verifier processed for all programs together. */
  readonly insnsProcessed: number;
}

export function summarize(result: VerifyResult): VerifierSummary {
  const rows = result.programs.map(p => ({
    program: p.name,
    section: p.section,
    type: p.type,
    ok: p.ok,
    error: p.error ?? undefined,
    insns: p.insns,
    insnsProcessed: p.insnsProcessed ?? undefined,
    budget: p.insnsProcessed === null ? undefined : p.insnsProcessed / INSN_LIMIT,
  }));
  return {
    ok: rows.every(row => row.ok),
    rows,
    rejected: rows.find(row => !row.ok),
    insnsProcessed: rows.reduce((sum, row) => sum + (row.insnsProcessed ?? 0), 0),
  };
}
