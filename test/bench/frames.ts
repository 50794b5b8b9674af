// SPDX-License-Identifier: Apache-2.0
import type { Frame, Page } from 'playwright-core';
import { spread } from './statistics';

/** Milliseconds from one frame to the next; at 60 frames per second 16.7. */
const LATE_MS = 17;
const WHEEL_MS = 16;
const TICK_PX = 120;
/** How long one movement takes. */
const MOVE_MS = 3000;

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Smoothness {
  readonly median: number;
  readonly p95: number;
  readonly worst: number;
  /** Share of frames that came later than 17 ms after the one before. */
  readonly late: number;
  /** Share of frames on which a row was still on its way. */
  readonly waiting: number;
}

interface Recording {
  readonly at: number[];
  waiting: number;
  handle: number;
  tick(at: number): void;
}
type Recorder = typeof globalThis & { recording?: Recording };

/** What the frames of a page were like while something went on. */
export async function framesOf(frame: Frame, work: () => Promise<void>): Promise<Smoothness> {
  await frame.evaluate(() => {
    const app = document.querySelector('verifier-app');
    const rows = app?.shadowRoot?.querySelector('verifier-stream')?.shadowRoot;
    // Methods of an object: the transpiler would wrap functions with a name in a helper that the page has not.
    const recording: Recording = {
      ...{ at: [], waiting: 0, handle: 0 },
      tick(at) {
        this.at.push(at);
        if (rows?.querySelector('.waiting')) this.waiting++;
        this.handle = requestAnimationFrame(time => this.tick(time));
      },
    };
    (globalThis as Recorder).recording = recording;
    recording.handle = requestAnimationFrame(time => recording.tick(time));
  });
  await work();
  const { at, waiting } = await frame.evaluate(() => {
    const { recording } = globalThis as Recorder;
    if (recording === undefined) throw new Error('the page was loaded anew amid the recording.');
    cancelAnimationFrame(recording.handle);
    return { at: recording.at, waiting: recording.waiting };
  });
  const steps = at.slice(1).map((time, i) => time - (at[i] ?? time));
  const sorted = [...steps].sort((a, b) => a - b);
  return {
    median: spread(steps).median,
    p95: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
    worst: sorted.at(-1) ?? Number.NaN,
    late: steps.filter(step => step > LATE_MS).length / steps.length,
    waiting: waiting / at.length,
  };
}

/** Repeats an action at a pace, as a device does that does not wait for what it moves. */
async function paced(action: (share: number) => Promise<void>): Promise<void> {
  const start = performance.now();
  for (let share = 0; share < 1;) {
    await action(share);
    await new Promise(resolve => setTimeout(resolve, WHEEL_MS));
    share = (performance.now() - start) / MOVE_MS;
  }
}

/** Turns the wheel over a place: a notch per frame, some 350 rows a second. */
export async function turnWheel(page: Page, { x, y, width, height }: Box): Promise<void> {
  await page.mouse.move(x + width / 2, y + height / 2);
  await paced(() => page.mouse.wheel(0, TICK_PX));
}

/** Drags the thumb of the scrollbar at a box's right edge from the top to the bottom; `inset`: half of its width. */
export async function dragScrollbar(page: Page, { x, y, width, height }: Box, inset: number): Promise<void> {
  const left = x + width - inset;
  // Below the arrow at the top, which is as high as the bar is wide.
  const top = y + 2 * inset + 4;
  await page.mouse.move(left, top);
  await page.mouse.down();
  await paced(share => page.mouse.move(left, top + share * (height - 4 * inset - 8)));
  await page.mouse.up();
}
