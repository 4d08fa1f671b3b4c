import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { Db } from '../../../src/db/schema.ts';
import { Limits } from '../../../src/delivery/pace/limits.ts';
import { claim, clearClaims } from '../../../src/delivery/sending/claim-store.ts';
import { deliverOne } from '../../../src/delivery/sending/deliver-one.ts';
import type { DeliverParts } from '../../../src/delivery/sending/deliver-parts.ts';
import { overdue } from '../../../src/delivery/sending/delivery-store.ts';
import { unpark } from '../../../src/delivery/sending/parks-store.ts';
import type { DeliverOptions } from '../../../src/delivery/sending/sending.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { botId, type Call, FakeDiscord, lostAnswer, refusal, serverError } from '../fake-discord.ts';
import { bump, givenPoll, givenVote, pollOf } from '../polls.ts';

const plain: DeliverOptions = { repost: false, respectHolds: false, respectParks: false, priority: 1 };
const respectful = { ...plain, respectHolds: true, respectParks: true };

function setUp(db: Db, process = 'one', discord = new FakeDiscord()) {
  const parts: DeliverParts = {
    db,
    rest: discord,
    limits: new Limits(),
    clock: systemClock,
    log: createLogger('silent'),
    process,
    botId: () => botId,
  };
  const show = (id: number, options: Partial<DeliverOptions> = {}) =>
    deliverOne(parts, id, { ...plain, ...options });
  return { parts, discord, show };
}

function only(discord: FakeDiscord) {
  expect(discord.messages.size).toBe(1);
  return [...discord.messages.values()][0]!;
}

function on(method: Call['method'], error: () => Error) {
  return (call: Call) => {
    if (call.method === method) throw error();
  };
}

describeEachDatabase('showing one poll', (fresh) => {
  test('posts a new poll, with a nonce and pinging nobody', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
    expect(only(discord)).toMatchObject({
      nonce: `poll-${id}-0`,
      enforce_nonce: true,
      allowed_mentions: { parse: [] },
    });
    expect(await pollOf(db, id)).toMatchObject({
      message_id: only(discord).id,
      shown_revision: 1,
      sent_revision: 1,
      sender: null,
      sender_until: null,
    });
  });

  test('edits the message with the newest votes, and does nothing when it shows them', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    await show(id);
    await givenVote(db, id, 'a');
    await givenVote(db, id, 'b');
    expect(await show(id)).toEqual({ type: 'done', revision: 3 });
    expect(JSON.stringify(only(discord).embeds)).toContain('2 votes');
    expect(discord.made('PATCH')[0]?.options.body).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(await show(id)).toEqual({ type: 'done', revision: 3 });
    expect(discord.calls).toHaveLength(2);
  });

  test('lets only one process send for a poll, and frees it when the claim has run out', async () => {
    const db = await fresh();
    const discord = new FakeDiscord();
    const one = setUp(db, 'one', discord);
    const two = setUp(db, 'two', discord);
    const id = await givenPoll(db);
    const arrived = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    discord.before = async () => {
      arrived.resolve();
      await goOn.promise;
    };
    const first = one.show(id);
    await arrived.promise;
    await bump(db, id);
    expect(await two.show(id)).toMatchObject({ type: 'retry', code: 'busy', attempt: false });
    goOn.resolve();
    expect(await first).toEqual({ type: 'done', revision: 1 });
    expect(await two.show(id)).toEqual({ type: 'done', revision: 2 });

    await bump(db, id);
    await claim(db, id, 'dead', plain);
    expect(await two.show(id)).toMatchObject({ type: 'retry', code: 'busy' });
    await sql`update polls set sender_until = clock_timestamp() - interval '1 second'`.execute(db);
    expect(await two.show(id)).toEqual({ type: 'done', revision: 3 });
  });

  test('drops the claims of a dead process at the start of the only one', async () => {
    const db = await fresh();
    const { show } = setUp(db);
    const id = await givenPoll(db);
    await claim(db, id, 'dead', plain);
    await clearClaims(db);
    expect(await show(id)).toMatchObject({ type: 'done' });
  });

  test('never posts twice when the answer to a post is lost, within the life of the nonce or after it', async () => {
    const db = await fresh();
    for (const forget of [false, true]) {
      const { discord, show } = setUp(db);
      const id = await givenPoll(db);
      discord.after = on('POST', lostAnswer);
      expect(await show(id)).toMatchObject({ type: 'retry', attempt: true });
      expect(await pollOf(db, id)).toMatchObject({ sent_revision: 1, shown_revision: 0, sender: null });
      discord.after = () => undefined;
      if (forget) discord.forgetNonces();
      await bump(db, id, { status: 'closed', closed_at: new Date() });
      expect(await show(id)).toEqual({ type: 'done', revision: 2 });
      expect(JSON.stringify(only(discord).embeds)).toContain('closed');
      expect(await pollOf(db, id)).toMatchObject({ message_id: only(discord).id, shown_revision: 2 });
    }
  });

  test('finds a lost post of a poll without buttons by its footer', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db, { status: 'closed' });
    discord.after = on('POST', lostAnswer);
    await show(id);
    discord.after = () => undefined;
    discord.forgetNonces();
    expect(await show(id)).toMatchObject({ type: 'done' });
    expect(discord.messages.size).toBe(1);
  });

  test.each([
    [403, 50001, 'Missing Access'],
    [404, 0, '404: Not Found'],
  ])('posts with the nonce alone where it may not read the channel (%i)', async (status, code, message) => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    discord.after = on('POST', lostAnswer);
    await show(id);
    discord.after = () => undefined;
    discord.before = on('GET', () => refusal(status, code, message));
    expect(await show(id)).toMatchObject({ type: 'done' });
    expect(discord.messages.size).toBe(1);
  });

  test('does not post while nobody can say whether it already has', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    discord.after = on('POST', lostAnswer);
    await show(id);
    const tried = (await pollOf(db, id)).tried_at;
    discord.before = on('GET', serverError);
    expect(await show(id)).toMatchObject({ type: 'retry', attempt: true });
    expect(discord.made('POST')).toHaveLength(1);
    expect(tried).not.toBeNull();
    expect((await pollOf(db, id)).tried_at).toEqual(tried);
  });

  test('counts a message deleted by hand as done, and leaves it so', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    await show(id);
    discord.messages.clear();
    await bump(db, id);
    const outcome = { type: 'done', revision: 2, remark: 'its message was deleted by hand' };
    expect(await show(id)).toEqual(outcome);
    expect(await pollOf(db, id)).toMatchObject({ message_id: null, message_gone: true, shown_revision: 2 });
    await bump(db, id);
    expect(await show(id)).toMatchObject({ ...outcome, revision: 3 });
    expect(discord.messages.size).toBe(0);
    expect(discord.calls).toHaveLength(2);
  });

  test('posts a message deleted by hand again where that is asked', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    await show(id);
    discord.messages.clear();
    await bump(db, id);
    expect(await show(id, { repost: true })).toEqual({ type: 'done', revision: 2 });
    expect(await pollOf(db, id)).toMatchObject({ message_id: only(discord).id, message_gone: false });

    discord.messages.clear();
    await bump(db, id);
    await show(id);
    await bump(db, id);
    expect(await show(id, { repost: true })).toEqual({ type: 'done', revision: 4 });
    expect(await pollOf(db, id)).toMatchObject({ message_id: only(discord).id, message_gone: false });
  });

  test('deletes the message of a deleted poll, once, and posts it anew after an undo', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    await show(id);
    await bump(db, id, { deleted_at: new Date() });
    expect(await show(id)).toEqual({ type: 'done', revision: 2 });
    expect(discord.messages.size).toBe(0);
    expect(await show(id)).toEqual({ type: 'done', revision: 2 });
    expect(discord.made('DELETE')).toHaveLength(1);
    await bump(db, id, { deleted_at: null });
    expect(await show(id)).toEqual({ type: 'done', revision: 3 });
    expect(only(discord).nonce).toBe(`poll-${id}-2`);
  });

  test('a delete whose message is gone is done; a lost answer to a delete is no work of others', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const byHand = await givenPoll(db);
    await show(byHand);
    discord.messages.clear();
    await bump(db, byHand, { deleted_at: new Date() });
    expect(await show(byHand)).toMatchObject({ type: 'done', remark: 'its message was deleted by hand' });

    const ours = await givenPoll(db);
    await show(ours);
    await bump(db, ours, { deleted_at: new Date() });
    discord.after = on('DELETE', lostAnswer);
    expect(await show(ours)).toMatchObject({ type: 'retry' });
    expect(await show(ours)).toEqual({ type: 'done', revision: 2 });
  });

  test('parks the polls of a channel that Discord refuses, and unparks them by permission or success', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const [id, other, elsewhere] = [
      await givenPoll(db),
      await givenPoll(db),
      await givenPoll(db, { channel_id: '200000000000000002' }),
    ];
    discord.before = () => {
      throw refusal(403, 50001, 'Missing Access');
    };
    expect(await show(id)).toEqual({
      type: 'failed',
      code: '50001',
      reason: 'no access to <#200000000000000001>',
      scope: 'channel',
      right: 'view',
    });
    expect(await pollOf(db, id)).toMatchObject({ parked_code: '50001', sent_revision: 0, sender: null });
    expect(await pollOf(db, other)).toMatchObject({ parked_code: '50001' });
    expect((await overdue(db, 10)).map(({ pollId }) => pollId)).toEqual([elsewhere]);
    expect(await show(other, respectful)).toMatchObject({ type: 'failed', code: '50001' });
    expect(discord.calls).toHaveLength(1);
    discord.before = () => undefined;
    expect(await show(other)).toMatchObject({ type: 'done' });
    expect(await pollOf(db, other)).toMatchObject({ parked_code: null });
    await unpark(db, (_guildId, channelId) => channelId === '200000000000000002');
    await unpark(db, (guildId) => guildId === '100000000000000002');
    await unpark(db, (_guildId, _channelId, right) => right !== 'view');
    expect(await pollOf(db, id)).toMatchObject({ parked_code: '50001' });
    await unpark(db, (_guildId, channelId) => channelId === '200000000000000001');
    expect(await show(id, respectful)).toMatchObject({ type: 'done' });
  });

  test('leaves a poll alone that an operation holds, where it is told to', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const operation = await db
      .insertInto('operations')
      .values({
        kind: 'close',
        admin_id: '1',
        guild_id: '1',
        channel_id: '1',
        interaction_id: 'operation',
        locale: 'en',
        params: '{}',
        targets: '{}',
        created_at: new Date(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const id = await givenPoll(db, { held_by: operation.id });
    expect(await show(id, respectful)).toMatchObject({ type: 'done', revision: 0 });
    expect(discord.calls).toEqual([]);
    expect(await overdue(db, 10)).toEqual([]);
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
  });

  test('keeps a request of unknown outcome as sent, and one that never left as unsent', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    await show(id);
    await bump(db, id);
    discord.before = on('PATCH', serverError);
    expect(await show(id)).toMatchObject({ type: 'retry', code: '503', attempt: true });
    expect(await pollOf(db, id)).toMatchObject({ sent_revision: 2, shown_revision: 1, sender: null });
    await bump(db, id);
    discord.before = on('PATCH', () => Object.assign(refusal(429, 0, 'slow'), {}));
    expect(await show(id)).toMatchObject({ type: 'retry', attempt: false });
    expect(await pollOf(db, id)).toMatchObject({ revision: 3, sent_revision: 2, shown_revision: 1 });
  });

  test('does not send what the limits hold back', async () => {
    const db = await fresh();
    const { discord, show, parts } = setUp(db);
    const id = await givenPoll(db);
    parts.limits.pauseAll(Date.now(), 30_000);
    expect(await show(id)).toMatchObject({ type: 'retry', code: '429', attempt: false });
    expect(discord.calls).toEqual([]);
    expect(await pollOf(db, id)).toMatchObject({ sent_revision: 0, sender: null });
  });

  test('pings the role once, when the message shows the open poll', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db, { ping_role_id: '400000000000000001', ping_pending: true });
    await show(id);
    const [, ping] = discord.made('POST');
    expect(ping?.options.body).toMatchObject({
      allowed_mentions: { parse: [], roles: ['400000000000000001'] },
      enforce_nonce: true,
    });
    expect(JSON.stringify(ping?.options.body)).toContain((await pollOf(db, id)).message_id);
    await bump(db, id);
    await show(id);
    expect(discord.made('POST')).toHaveLength(2);
  });

  test('a ping that got no answer stays pending and is sent again with the same nonce', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db, { ping_role_id: '400000000000000001', ping_pending: true });
    discord.after = (call) => {
      if (JSON.stringify(call.options.body).includes('ping-')) throw lostAnswer();
    };
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
    expect((await overdue(db, 10)).map(({ pollId }) => pollId)).toEqual([id]);
    discord.after = () => undefined;
    await show(id, respectful);
    expect(discord.messages.size).toBe(2);
    expect(await pollOf(db, id)).toMatchObject({ ping_pending: false, sender: null });
  });

  test('a refused ping is no failure', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db, { ping_role_id: '400000000000000001', ping_pending: true });
    discord.before = (call) => {
      if (JSON.stringify(call.options.body).includes('ping-'))
        throw refusal(403, 50013, 'Missing Permissions');
    };
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
    expect(await pollOf(db, id)).toMatchObject({ ping_pending: false, parked_code: null });
  });

  test('a poll that was purged is done', async () => {
    const db = await fresh();
    expect(await setUp(db).show(999_999)).toMatchObject({ type: 'done', revision: 0 });
  });
});
