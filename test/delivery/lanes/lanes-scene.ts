import type { DeliveryJob, FinalOutcome } from '../../../src/delivery/delivery-batch.ts';
import { Health } from '../../../src/delivery/lanes/health.ts';
import { Lanes } from '../../../src/delivery/lanes/lanes.ts';
import type { Outcome } from '../../../src/delivery/outcome.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seeded } from '../random.ts';
import { channelId, messageIdAt } from '../snowflakes.ts';

export const done: Outcome = { type: 'done', revision: 1 };
export const noAccess: Outcome = { type: 'failed', code: '50001', reason: 'no access', scope: 'channel' };
export const broken: Outcome = {
  type: 'retry',
  afterMs: 0,
  code: '503',
  reason: 'Discord answered 503',
  attempt: true,
};
export const limited: Outcome = {
  type: 'retry',
  afterMs: 4_000,
  code: '429',
  reason: 'limit',
  attempt: false,
};

export function job(pollId: number, channel = 1): DeliveryJob {
  return {
    pollId,
    channelId: channelId(channel),
    messageId: messageIdAt(Date.parse('2026-11-01T11:59:00Z'), pollId),
  };
}

export function setUp(
  answer: (job: DeliveryJob, attempt: number) => Outcome | Promise<Outcome>,
  latencyMs = 100,
) {
  const clock = new ManualClock();
  const sent: { poll: number; at: number; priority: number }[] = [];
  const inFlight = new Map<string, number>();
  let crowded = 0;
  const start = clock.monotonic();
  const delays = { ms: () => 0 as number };
  const answers = { otherwise: true };
  const lanes = new Lanes({
    clock,
    random: seeded(7),
    health: new Health(),
    delay: () => delays.ms(),
    editRoom: () => null,
    discordAnswers: async () => answers.otherwise,
    send: async (one, _batch, priority) => {
      sent.push({ poll: one.pollId, at: clock.monotonic() - start, priority });
      const now = (inFlight.get(one.channelId) ?? 0) + 1;
      inFlight.set(one.channelId, now);
      crowded = Math.max(crowded, now);
      await clock.sleep(latencyMs);
      inFlight.set(one.channelId, now - 1);
      return await answer(one, sent.filter(({ poll }) => poll === one.pollId).length);
    },
  });
  const settled: { polls: number[]; outcome: FinalOutcome; attempts: number }[] = [];
  const handler = {
    repost: false,
    settled: async (jobs: readonly DeliveryJob[], outcome: FinalOutcome, attempts: number) => {
      settled.push({ polls: jobs.map((one) => one.pollId), outcome, attempts });
    },
  };
  return { clock, lanes, sent, settled, handler, delays, answers, crowded: () => crowded };
}
