import { REST } from '@discordjs/rest';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { DeliveryJob, FinalOutcome } from '../../../src/delivery/delivery-batch.ts';
import { Pace } from '../../../src/delivery/pace/pace.ts';
import { RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import { restOptions } from '../../../src/delivery/pace/transport.ts';
import { MessageLimitError, type RestCalls } from '../../../src/delivery/rest-calls.ts';
import { Delivery } from '../../../src/delivery/sending/delivery.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { botId, FakeDiscord } from '../fake-discord.ts';
import { bump, givenPoll, pollOf } from '../polls.ts';
import { restServer } from '../rest-server.ts';
import { messageIdAt } from '../snowflakes.ts';

const words = 'its message is published; Discord takes about 3 edits an hour of it, try again in 20 min';

/** What Discord answers to the fourth edit in an hour (discord/discord-api-docs#6109). */
const refused = {
  status: 429,
  headers: {
    'retry-after': '1',
    'x-ratelimit-scope': 'shared',
    'x-ratelimit-limit': '5',
    'x-ratelimit-remaining': '4',
    'x-ratelimit-reset-after': '0.999',
  },
  body: {
    code: 20028,
    global: false,
    message: 'The write action you are performing on the channel has hit the write rate limit.',
    retry_after: 1163.097,
  },
};

function partsOf(db: Db) {
  const log = createLogger('silent');
  return {
    db,
    rateLimits: new RateLimits(),
    clock: systemClock,
    random: Math.random,
    log,
    processId: 'one',
    botId: () => botId,
  };
}

/** Two polls in one channel; the message of the first is published and takes no edit now. */
async function setUp(db: Db) {
  const [first, second] = [1, 2].map((serial) => messageIdAt(Date.now() - 1_000, serial));
  const asked = Promise.withResolvers<void>();
  const server = await restServer(({ path }) => {
    if (!path.endsWith(first!)) return { status: 200, body: { id: second, embeds: [{}] } };
    asked.resolve();
    return refused;
  });
  onTestFinished(server.close);
  const parts = partsOf(db);
  const options = restOptions({
    apiUrl: server.api,
    pace: new Pace({ gapMs: 1 }),
    rateLimits: parts.rateLimits,
  });
  const delivery = new Delivery({ ...parts, rest: new REST(options).setToken('x') as RestCalls });
  onTestFinished(() => delivery.stop());
  const jobs: DeliveryJob[] = [];
  for (const message_id of [first!, second!]) {
    const pollId = await givenPoll(db, { message_id });
    jobs.push({ pollId, channelId: (await pollOf(db, pollId)).channel_id, messageId: message_id });
  }
  const [published, other] = jobs as [DeliveryJob, DeliveryJob];
  return {
    delivery,
    published,
    other,
    asked: asked.promise,
    received: server.received,
    limits: parts.rateLimits,
  };
}

/** A delivery whose clock stands still between the steps, and a poll. */
async function delivering(db: Db) {
  const discord = new FakeDiscord();
  const clock = new ManualClock();
  const delivery = new Delivery({ ...partsOf(db), rest: discord, clock });
  onTestFinished(() => delivery.stop());
  return { discord, clock, delivery, pollId: await givenPoll(db) };
}

describeEachDatabase('a published message', (fresh) => {
  test('that takes no edit for 20 minutes holds up no other poll of its channel', async () => {
    const { delivery, published, other, asked, limits: rateLimits } = await setUp(await fresh());
    delivery.refresh(published);
    await asked;
    expect(await delivery.deliver(other, 5_000)).toMatchObject({ type: 'done' });
    expect(rateLimits.delay(other.channelId, 'edit', performance.now())).toBe(0);
  });

  test('fails in words in an operation, is not parked, and the next operation asks nothing', async () => {
    const db = await fresh();
    const { delivery, published, other, received } = await setUp(db);
    const operate = async () => {
      const outcomes = new Map<number, FinalOutcome>();
      await delivery.startBatch([published, other], {
        repost: false,
        settled: async (jobs, outcome) => {
          for (const { pollId } of jobs) outcomes.set(pollId, outcome);
        },
      }).finished;
      return outcomes;
    };
    const failed = { type: 'failed', code: '20028', reason: words, scope: 'poll' };
    const first = await operate();
    expect(first.get(published.pollId)).toEqual(failed);
    expect(first.get(other.pollId)).toMatchObject({ type: 'done' });
    expect(await pollOf(db, published.pollId)).toMatchObject({
      parked_code: null,
      sent_revision: 0,
      sender: null,
    });
    expect((await operate()).get(published.pollId)).toEqual(failed);
    expect(received.filter(({ path }) => path.endsWith(published.messageId!))).toHaveLength(1);
  });

  test('is shown by the sweep once its time has come, and not asked for before', async () => {
    const db = await fresh();
    const { discord, clock, delivery, pollId } = await delivering(db);
    await delivery.start();
    await expect.poll(async () => (await pollOf(db, pollId)).shown_revision).toBe(1);
    await bump(db, pollId);
    const askedAt: number[] = [];
    discord.before = ({ method }) => {
      if (method === 'PATCH') askedAt.push(clock.monotonic());
      if (askedAt.length === 1) throw new MessageLimitError({ afterMs: 1_163_097, code: 20028 });
    };
    await clock.advance(10_000);
    await expect.poll(() => askedAt.length).toBe(1);
    await expect.poll(async () => (await pollOf(db, pollId)).sender).toBe(null);
    expect(await pollOf(db, pollId)).toMatchObject({ shown_revision: 1, parked_code: null });
    await clock.advance(1_170_000);
    await expect.poll(async () => (await pollOf(db, pollId)).shown_revision).toBe(2);
    expect(askedAt[1]! - askedAt[0]!).toBeGreaterThanOrEqual(1_163_097);
  });

  test('that is replaced by another one is waited for no longer than a minute', async () => {
    const db = await fresh();
    const { discord, clock, delivery, pollId } = await delivering(db);
    const { channel_id: channelId } = await pollOf(db, pollId);
    await delivery.deliver({ pollId, channelId, messageId: null }, 5_000);
    await bump(db, pollId);
    discord.before = () => {
      throw new MessageLimitError({ afterMs: 3_600_000, code: 20028 });
    };
    delivery.refresh({ pollId, channelId, messageId: (await pollOf(db, pollId)).message_id });
    await expect.poll(() => discord.made('PATCH').length).toBe(1);
    await expect.poll(async () => (await pollOf(db, pollId)).sender).toBe(null);
    discord.before = () => undefined;
    await bump(db, pollId, { message_id: null });
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(60_000);
    await expect.poll(async () => (await pollOf(db, pollId)).shown_revision).toBe(3);
    expect(discord.made('POST')).toHaveLength(2);
  });
});
