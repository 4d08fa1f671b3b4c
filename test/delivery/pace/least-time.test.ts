import { expect, test } from 'vitest';
import { Limits as TrueLimits } from '../../../sandbox/rules/limits.ts';
import type { DeliveryJob } from '../../../src/delivery/delivery-batch.ts';
import { Health } from '../../../src/delivery/lanes/health.ts';
import { Lanes } from '../../../src/delivery/lanes/lanes.ts';
import { estimate } from '../../../src/delivery/pace/estimate.ts';
import { Pace } from '../../../src/delivery/pace/pace.ts';
import { RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seeded } from '../random.ts';
import { channelId, messageIdAt } from '../snowflakes.ts';

/** Lanes, limits and pace at work on Discord's own counting; round trips take 80 to 120 ms. */
async function timeToShow(polls: number, channels: number) {
  const clock = new ManualClock();
  const random = seeded(11);
  const truth = new TrueLimits('true', () => clock.monotonic());
  const rateLimits = new RateLimits();
  const pace = new Pace({ clock, random });
  const begun = clock.monotonic();
  let refused = 0;
  let last = 0;
  const lanes = new Lanes({
    clock,
    random,
    health: new Health(),
    delay: ({ channelId: channel }, now, kind) => rateLimits.delay(channel, kind, now),
    editRoom: (channel, now) => rateLimits.editRoom(channel, now),
    discordAnswers: async () => true,
    send: async ({ channelId: channel }, { turn }, priority) => {
      await pace.turn({ priority, turn });
      rateLimits.sent(channel, 'edit', clock.monotonic());
      await clock.sleep(40 + random() * 20);
      const rule = { key: channel, bucket: 'edits', limit: 5, windowMs: 5_000 };
      const { headers, refusal } = truth.take([rule], true);
      if (refusal) refused += 1;
      last = clock.monotonic() - begun;
      await clock.sleep(40 + random() * 20);
      const told = {
        limit: Number(headers['x-ratelimit-limit']),
        remaining: Number(headers['x-ratelimit-remaining']),
        resetAfterMs: Number(headers['x-ratelimit-reset-after']) * 1_000,
      };
      rateLimits.answered(channel, 'edit', { now: clock.monotonic(), headers: told });
      return { type: 'done', revision: 1 };
    },
  });
  const jobs: DeliveryJob[] = Array.from({ length: polls }, (_, i) => ({
    pollId: i + 1,
    channelId: channelId(i % channels),
    messageId: messageIdAt(clock.now().getTime() - 60_000, i),
  }));
  const least = estimate(jobs, clock.now()).minimumMs;
  const batch = lanes.add(jobs, { repost: false, settled: async () => undefined });
  await clock.advance(2 * least + 10_000);
  await batch.finished;
  return { ratio: last / least, refused };
}

test.for([
  [1000, 40, 1.05],
  [1000, 20, 1.05],
  [300, 300, 1.2],
] as const)(
  '%i messages in %i channels are shown within %f of the least time, without a refusal',
  async ([polls, channels, most]) => {
    const { ratio, refused } = await timeToShow(polls, channels);
    expect(refused).toBe(0);
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThanOrEqual(most);
  },
);
