import { expect, test } from 'vitest';
import { Limits as TrueLimits } from '../../../sandbox/rules/limits.ts';
import type { DeliveryJob } from '../../../src/delivery/delivery-batch.ts';
import { Health } from '../../../src/delivery/lanes/health.ts';
import { Lanes } from '../../../src/delivery/lanes/lanes.ts';
import { RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import { showingKind } from '../../../src/delivery/request-kind.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seeded } from '../random.ts';
import { channelId, messageIdAt } from '../snowflakes.ts';

const channel = channelId(1);
const day = 86_400_000;

/** Discord's answer to an edit in the one channel, with its own counting. */
function discord(clock: ManualClock) {
  const truth = new TrueLimits('true', () => clock.now().getTime());
  return (old: boolean) =>
    truth.take(
      [
        { key: 'edit', bucket: 'edits', limit: 5, windowMs: 5_000 },
        ...(old ? [{ key: 'old', bucket: null, limit: 3, windowMs: 6_000, code: 30046 }] : []),
      ],
      true,
    );
}

async function timeToShow(olds: readonly boolean[]) {
  const clock = new ManualClock();
  const rateLimits = new RateLimits();
  const answer = discord(clock);
  let refused = 0;
  let last = 0;
  const now = () => clock.now().getTime();
  const begun = now();
  const lanes = new Lanes({
    clock,
    random: seeded(7),
    health: new Health(),
    delay: (job, at) => rateLimits.delay(channel, showingKind(job.messageId, at), at),
    editRoom: (id, at) => rateLimits.editRoom(id, at),
    discordAnswers: async () => true,
    send: async (job) => {
      const kind = showingKind(job.messageId, now());
      rateLimits.sent(channel, kind, now());
      await clock.sleep(50);
      const { headers, refusal } = answer(kind === 'edit-old');
      await clock.sleep(50);
      const told = {
        limit: Number(headers['x-ratelimit-limit']),
        remaining: Number(headers['x-ratelimit-remaining']),
        resetAfterMs: Number(headers['x-ratelimit-reset-after']) * 1_000,
      };
      rateLimits.answered(channel, kind, { now: now(), headers: told });
      if (refusal) refused += 1;
      last = now() - begun;
      return { type: 'done', revision: 1 };
    },
  });
  const jobs: DeliveryJob[] = olds.map((old, i) => ({
    pollId: i + 1,
    channelId: channel,
    messageId: messageIdAt(begun - (old ? day : 1_000), i),
  }));
  const batch = lanes.add(jobs, { repost: false, settled: async () => {} });
  await clock.advance(120_000);
  await batch.finished;
  return { seconds: last / 1_000, refused };
}

// Six windows of 5 in 5 s are 25 s at least, five of 3 in 6 s are 24 s: both fit into each other.
test.each([
  ['first', Array.from({ length: 30 }, (_, i) => i < 15)],
  ['last', Array.from({ length: 30 }, (_, i) => i >= 15)],
  ['between', Array.from({ length: 30 }, (_, i) => i % 2 === 0)],
])('old messages that come %s keep a channel no longer than its limits do', async (_, olds) => {
  const { seconds, refused } = await timeToShow(olds);
  expect(refused).toBe(0);
  expect(seconds).toBeLessThan(25 * 1.1);
});

test('a few old messages hold back nothing', async () => {
  const { seconds, refused } = await timeToShow(Array.from({ length: 30 }, (_, i) => i % 10 === 9));
  expect(refused).toBe(0);
  expect(seconds).toBeLessThan(25 * 1.1);
});
