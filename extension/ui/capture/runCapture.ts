// SPDX-License-Identifier: Apache-2.0
import type { AgentClient } from '../../host/api';
import type { AgentParams, CaptureResult } from '../../protocol/agent';
import type { Task } from '../progress';
import type { CaptureFile } from './captureFile';

export interface CaptureOutcome {
  /** undefined: it did not come to its end, and `failure` says why. */
  readonly result: CaptureResult | undefined;
  /** Of the capture, or of the file, also of one that could not take its last bytes. */
  readonly failure: Error | undefined;
  /** Bytes in the file; 0: it was not touched. */
  readonly size: number;
}

/** Captures into the file until the task is cancelled, which is no failure, and ends the file. */
export async function runCapture(
  client: AgentClient,
  params: AgentParams['capture'],
  file: CaptureFile,
  task: Task,
): Promise<CaptureOutcome> {
  let result: CaptureResult | undefined;
  let failure: Error | undefined;
  try {
    result = await client.request('capture', params, {
      signal: AbortSignal.any([task.signal, file.full]),
      onProgress: task.report,
      onData: bytes => file.write(bytes),
    });
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  const size = await file.end();
  return { result, failure: file.failure ?? failure, size };
}
