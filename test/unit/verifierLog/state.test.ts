// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { VerifierLog } from '../../../extension/core/verifierLog';

const parse = (...lines: string[]): VerifierLog => VerifierLog.parse(lines.map(line => `${line}\n`).join(''));

describe('references', () => {
  // Printed by Linux 6.18, but for its end.
  const RELEASE = [
    '0: R1=ctx() R10=fp0',
    '14: (85) call bpf_sk_lookup_tcp#84    ; R0=sock_or_null(id=2,ref_obj_id=2) refs=2',
    '15: (15) if r0 == 0x0 goto pc+2       ; R0=sock(ref_obj_id=2) refs=2',
    '16: (bf) r1 = r0                      ; R0=sock(ref_obj_id=2) R1=sock(ref_obj_id=2) refs=2',
    '17: (85) call bpf_sk_release#86       ; R0=scalar()',
    '18: (95) exit',
  ];

  it('are held until the state that is printed without them', () => {
    const log = parse(...RELEASE);
    expect(log.stateAt(3).refs).toEqual({ before: '2', after: '2' });
    expect(log.stateAt(4).refs).toEqual({ before: '2', after: '' });
    expect(log.stateAt(5).refs).toEqual({ before: '', after: '' });
  });

  it('are not held after an empty state', () => {
    const log = parse(...RELEASE.map(line => line.replace('; R0=scalar()', ';')));
    expect(log.unrecognizedCount).toBe(0);
    expect(log.stateAt(4).refs).toEqual({ before: '2', after: '' });
  });

  it('stay held where no state is printed', () => {
    const log = parse(...RELEASE.map(line => line.replace(/ +; R0=scalar\(\)/, '')));
    expect(log.stateAt(5).refs).toEqual({ before: '2', after: '2' });
  });

  it('are not held after a line of its own that tells only what has changed', () => {
    const log = parse(
      ...RELEASE.slice(0, 4),
      '17: (85) call bpf_sk_release#86',
      'mark_precise: frame0: last_idx 17 first_idx 0 subseq_idx -1 ',
      '18: R0_w=scalar()',
      '18: (95) exit',
    );
    expect(log.stateAt(4).refs).toEqual({ before: '2', after: '' });
    expect(log.stateAt(7).refs.before).toBe('');
  });

  it('are those of the branch that the verifier goes on with', () => {
    const log = parse(
      '0: R1=ctx() R10=fp0',
      '1: (85) call bpf_sk_lookup_tcp#84     ; R0=sock_or_null(id=2,ref_obj_id=2) refs=2',
      '2: (15) if r0 == 0x0 goto pc+1        ; R0=sock(ref_obj_id=2) refs=2',
      '3: (95) exit',
      '',
      'from 2 to 4: R0=0 R10=fp0',
      '4: (95) exit',
    );
    expect(log.stateAt(3).refs.before).toBe('2');
    expect(log.stateAt(6).refs).toEqual({ before: '', after: '' });
  });
});
