// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { type PickItem, pick } from '../../../extension/ui/pick/quickPick';
import { FakeQuickPick } from '../../support/fakeInput';

/** A list that is there when the test says so, and every request for it. */
function controlled(live = true) {
  const requests: {
    typed: string;
    request: AbortSignal;
    step: AbortSignal;
    give: (...labels: string[]) => void;
  }[] = [];
  const answer = pick<string>({
    title: 't',
    placeholder: '',
    live,
    items: (typed, request, step) =>
      new Promise<readonly PickItem<string>[]>(resolve => {
        const give = (...labels: string[]) => {
          resolve(labels.map(label => ({ label, value: label, alwaysShow: label === typed })));
        };
        requests.push({ typed, request, step, give });
      }),
  });
  const [box] = FakeQuickPick.open;
  if (box === undefined) throw new Error('no QuickPick is open');
  const asked = async (typed: string) => {
    await expect.poll(() => requests.at(-1)?.typed).toBe(typed);
    const last = requests.at(-1);
    if (last === undefined) throw new Error('nothing was asked');
    return last;
  };
  return { answer, box, requests, asked };
}

const active = (box: FakeQuickPick) => expect.poll(() => box.activeItems[0]?.label);

test('typing gives up the request of before and leaves what belongs to the step', async () => {
  const { answer, box, asked } = controlled();
  const first = await asked('');
  box.type('a');
  const second = await asked('a');
  expect(first.request.aborted).toBe(true);
  expect(first.step.aborted).toBe(false);
  expect(second.step).toBe(first.step);
  box.hide();
  expect(await answer).toEqual({ kind: 'cancel' });
  expect(second.step.aborted).toBe(true);
});

test('Enter right after typing takes what the text means, not what was listed before', async () => {
  const { answer, box, asked } = controlled();
  (await asked('')).give('/', '/kubepods.slice');
  box.type('/kube');
  (await asked('/kube')).give('/kube', '/kubepods.slice');
  await active(box).toBe('/kube');
  box.type('/kubepods.slice');
  box.enter();
  (await asked('/kubepods.slice')).give('/kubepods.slice');
  expect(await answer).toEqual({ kind: 'value', value: '/kubepods.slice' });
});

test('Enter waits for a list that is being read', async () => {
  const { answer, box, asked } = controlled();
  (await asked('')).give('/a');
  box.type('/b');
  const reading = await asked('/b');
  box.enter();
  reading.give('/b');
  expect(await answer).toEqual({ kind: 'value', value: '/b' });
});

test('a row that is in the new list as well is taken as it was chosen', async () => {
  const { answer, box, asked } = controlled();
  (await asked('')).give('/a1', '/a2');
  await active(box).toBe('/a1');
  box.type('/a');
  box.choose('/a2');
  (await asked('/a')).give('/a', '/a1', '/a2');
  expect(await answer).toEqual({ kind: 'value', value: '/a2' });
});

test('who goes on typing has not chosen', async () => {
  const { answer, box, asked, requests } = controlled();
  (await asked('')).give('/a');
  box.type('/b');
  box.enter();
  const second = await asked('/b');
  box.type('/bc');
  second.give('/b');
  (await asked('/bc')).give('/bc');
  await active(box).toBe('/bc');
  expect(requests.length).toBe(3);
  box.enter();
  expect(await answer).toEqual({ kind: 'value', value: '/bc' });
});

test.each([true, false])('Enter before anything is listed chooses nothing (live: %s)', async live => {
  const { answer, box, asked } = controlled(live);
  const first = await asked('');
  box.enter();
  first.give('/a', '/b');
  await active(box).toBe('/a');
  box.choose('/b');
  expect(await answer).toEqual({ kind: 'value', value: '/b' });
});

test('a list that cannot be read ends the step', async () => {
  const items = () => Promise.reject(new Error('no list'));
  await expect(pick({ title: 't', placeholder: '', live: true, items })).rejects.toThrow('no list');
  expect(FakeQuickPick.open).toEqual([]);
});
