import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import type { Sent } from '../../../src/delivery/messages/messages.ts';
import { sendUntilTaken } from '../../../src/delivery/messages/send-until-taken.ts';

const taken: Sent = { type: 'sent', channelId: '1', messageId: '2' };
const refused: Sent = { type: 'refused', code: '50013', reason: 'no access' };
const notNow = (afterMs = 0): Sent => ({ type: 'retry', afterMs, reason: 'not now' });

/** Gives these answers in turn, the last one again and again, and notes the pauses between them. */
function discordThatSays(...answers: Sent[]) {
  const pauses: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: async (ms) => {
      pauses.push(ms);
    },
  };
  let sent = 0;
  const send = async () => {
    sent += 1;
    return answers[Math.min(sent, answers.length) - 1]!;
  };
  return { clock, send, pauses, sent: () => sent };
}

test.each([taken, refused])('what Discord takes or refuses is sent once ($type)', async (answer) => {
  const { clock, send, pauses } = discordThatSays(answer);
  expect(await sendUntilTaken(clock, send)).toEqual(answer);
  expect(pauses).toEqual([]);
});

test('what it does not take now is sent again after growing pauses, or as late as it asks for', async () => {
  const later = Array.from({ length: 7 }, () => notNow());
  const { clock, send, pauses } = discordThatSays(...later, notNow(60_000), taken);
  expect(await sendUntilTaken(clock, send)).toEqual(taken);
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 60_000]);
});

test('somebody who waits is not kept waiting: no longer than this at a time, and no more often', async () => {
  const { clock, send, pauses, sent } = discordThatSays(notNow(60_000));
  const answer = await sendUntilTaken(clock, send, { tries: 3, longestPauseMs: 5_000 });
  expect(answer).toEqual(notNow(60_000));
  expect(pauses).toEqual([5_000, 5_000]);
  expect(sent()).toBe(3);
});

test('nothing is sent any more once it is stopped', async () => {
  const stopping = new AbortController();
  const { clock, send, sent } = discordThatSays(notNow());
  clock.sleep = async () => stopping.abort();
  expect(await sendUntilTaken(clock, send, { stopping: stopping.signal })).toMatchObject({ type: 'retry' });
  expect(await sendUntilTaken(clock, send, { stopping: stopping.signal })).toMatchObject({ type: 'retry' });
  expect(sent()).toBe(1);
});

test('a refusal that may pass can be worth repeating', async () => {
  const { clock, send } = discordThatSays(refused, taken);
  expect(await sendUntilTaken(clock, send, { isWorthRepeating: ({ type }) => type === 'refused' })).toEqual(
    taken,
  );
});
