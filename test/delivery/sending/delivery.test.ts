import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { DeliveryJob } from '../../../src/delivery/delivery-batch.ts';
import { RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import { Delivery } from '../../../src/delivery/sending/delivery.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { botId, type Call, FakeDiscord, refusal } from '../fake-discord.ts';
import { bump, givenPoll, givenVote, pollOf } from '../polls.ts';

const soon = 20_000;

function setUp(db: Db) {
  const discord = new FakeDiscord();
  const refused: string[] = [];
  const delivery = new Delivery({
    db,
    rest: discord,
    rateLimits: new RateLimits(),
    clock: systemClock,
    random: Math.random,
    log: createLogger('silent'),
    processId: 'test',
    botId: () => botId,
    tokenRefused: (reason) => refused.push(reason),
  });
  return { delivery, discord, refused };
}

async function jobOf(db: Db, id: number): Promise<DeliveryJob> {
  const { channel_id, message_id } = await pollOf(db, id);
  return { pollId: id, channelId: channel_id, messageId: message_id };
}

/** Holds the next call back until released. */
function hold(discord: FakeDiscord) {
  const arrived = Promise.withResolvers<Call>();
  const gate = Promise.withResolvers<void>();
  discord.before = async (call) => {
    discord.before = () => undefined;
    arrived.resolve(call);
    await gate.promise;
  };
  return { arrived: arrived.promise, release: gate.resolve };
}

describeEachDatabase('delivery', (fresh) => {
  test('shows a new poll and says so', async () => {
    const db = await fresh();
    const { delivery, discord } = setUp(db);
    const id = await givenPoll(db);
    expect(await delivery.deliver(await jobOf(db, id), soon)).toEqual({ type: 'done', revision: 1 });
    expect(discord.messages.size).toBe(1);
    await delivery.stop();
  });

  test('makes one edit of many votes', async () => {
    const db = await fresh();
    const { delivery, discord } = setUp(db);
    const id = await givenPoll(db);
    await delivery.deliver(await jobOf(db, id), soon);
    const job = await jobOf(db, id);
    const { arrived, release } = hold(discord);
    await givenVote(db, id, 'first');
    delivery.refresh(job);
    await arrived;
    for (let i = 0; i < 10; i += 1) {
      await givenVote(db, id, `voter ${i}`);
      delivery.refresh(job);
    }
    const last = delivery.deliver(job, soon);
    release();
    expect(await last).toEqual({ type: 'done', revision: 12 });
    expect(discord.made('PATCH')).toHaveLength(2);
    await delivery.stop();
  });

  test('answers null when it takes too long, and goes on', async () => {
    const db = await fresh();
    const { delivery, discord } = setUp(db);
    const id = await givenPoll(db);
    const { arrived, release } = hold(discord);
    expect(await delivery.deliver(await jobOf(db, id), 0)).toBe(null);
    await arrived;
    release();
    expect(await delivery.deliver(await jobOf(db, id), soon)).toMatchObject({ type: 'done' });
    expect(discord.messages.size).toBe(1);
    await delivery.stop();
  });

  test('the sweep heals what was missed, also pings', async () => {
    const db = await fresh();
    const { delivery, discord } = setUp(db);
    const missed = await givenPoll(db);
    const silent = await givenPoll(db, { ping_pending: true, ping_role_id: '400000000000000001' });
    const gone = await givenPoll(db, { message_gone: true, shown_revision: 0 });
    const shown = Promise.withResolvers<void>();
    discord.after = () => {
      if (discord.calls.length === 3) shown.resolve();
    };
    await delivery.start();
    await shown.promise;
    await delivery.stop();
    expect(await pollOf(db, missed)).toMatchObject({ shown_revision: 1 });
    expect(await pollOf(db, silent)).toMatchObject({ shown_revision: 1, ping_pending: false });
    expect(await pollOf(db, gone)).toMatchObject({ shown_revision: 0 });
  });

  test('an operation shows what it holds, in one batch, and records each poll once', async () => {
    const db = await fresh();
    const { delivery } = setUp(db);
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, i) => givenPoll(db, { channel_id: `20000000000000000${i % 3}` })),
    );
    const jobs = await Promise.all(ids.map((id) => jobOf(db, id)));
    const settled: number[] = [];
    const batch = delivery.startBatch(jobs, {
      repost: true,
      settled: async (some) => {
        for (const { pollId } of some) settled.push(pollId);
      },
    });
    await batch.finished;
    expect(settled.sort((a, b) => a - b)).toEqual([...ids].sort((a, b) => a - b));
    await delivery.stop();
  });

  test('stopping waits for the request in flight, records it and starts no other', async () => {
    const db = await fresh();
    const { delivery, discord } = setUp(db);
    const [id, next] = [await givenPoll(db), await givenPoll(db)];
    const { arrived, release } = hold(discord);
    delivery.refresh(await jobOf(db, id));
    delivery.refresh(await jobOf(db, next));
    await arrived;
    const stopping = delivery.stop();
    release();
    await stopping;
    expect(await pollOf(db, id)).toMatchObject({ shown_revision: 1, sender: null });
    expect(await pollOf(db, next)).toMatchObject({ shown_revision: 0 });
    await bump(db, id);
    delivery.refresh(await jobOf(db, id));
    expect(discord.calls).toHaveLength(1);
  });

  test('tells that the token is refused', async () => {
    const db = await fresh();
    const { delivery, discord, refused } = setUp(db);
    const id = await givenPoll(db);
    discord.before = () => {
      throw refusal(401, 0, '401: Unauthorized');
    };
    expect(await delivery.deliver(await jobOf(db, id), soon)).toMatchObject({ type: 'abort' });
    expect(refused).toHaveLength(1);
    await delivery.stop();
  });
});
