import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import { claim, clearClaims } from '../../../src/delivery/sending/claim-store.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { failing, refusal, serverError } from '../fake-discord.ts';
import { bump, givenPoll, givenVote, overdueIds, pollOf } from '../polls.ts';
import { oneProcess, plain, severalProcesses, shownPoll } from '../several-processes.ts';

describeEachDatabase('showing one poll', (fresh) => {
  test('posts a new poll, with a nonce and pinging nobody', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
    const id = await givenPoll(db);
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
    expect(discord.only()).toMatchObject({
      nonce: `poll-${id}-0`,
      enforce_nonce: true,
      allowed_mentions: { parse: [] },
    });
    expect(await pollOf(db, id)).toMatchObject({
      message_id: discord.only().id,
      shown_revision: 1,
      sent_revision: 1,
      sender: null,
      sender_until: null,
    });
  });

  test('edits the message with the newest votes, and does nothing when it shows them', async () => {
    const db = await fresh();
    const { discord, show, id } = await shownPoll(db);
    await givenVote(db, id, 'a');
    await givenVote(db, id, 'b');
    expect(await show(id)).toEqual({ type: 'done', revision: 3 });
    expect(JSON.stringify(discord.only().embeds)).toContain('2 votes');
    expect(discord.made('PATCH')[0]?.options.body).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(await show(id)).toEqual({ type: 'done', revision: 3 });
    expect(discord.calls).toHaveLength(2);
  });

  test('lets only one process send for a poll, and frees it when the claim has run out', async () => {
    const db = await fresh();
    const { discord, by } = severalProcesses(db);
    const [one, two] = [by('one'), by('two')];
    const id = await givenPoll(db);
    const arrived = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    discord.before = async () => {
      arrived.resolve();
      await goOn.promise;
    };
    const first = one(id);
    await arrived.promise;
    await bump(db, id);
    expect(await two(id)).toMatchObject({ type: 'retry', code: 'busy', attempt: false });
    goOn.resolve();
    expect(await first).toEqual({ type: 'done', revision: 1 });
    expect(await two(id)).toEqual({ type: 'done', revision: 2 });

    await bump(db, id);
    await claim(db, id, 'dead', plain);
    expect(await two(id)).toMatchObject({ type: 'retry', code: 'busy' });
    await sql`update polls set sender_until = clock_timestamp() - interval '1 second'`.execute(db);
    expect(await two(id)).toEqual({ type: 'done', revision: 3 });
  });

  test('drops the claims of a dead process at the start of the only one', async () => {
    const db = await fresh();
    const { show } = oneProcess(db);
    const id = await givenPoll(db);
    await claim(db, id, 'dead', plain);
    await clearClaims(db);
    expect(await show(id)).toMatchObject({ type: 'done' });
  });

  test('leaves a poll alone that an operation holds, where it is told to', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
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
    expect(await show(id, { respectHolds: true, respectParks: true })).toMatchObject({
      type: 'done',
      revision: 0,
    });
    expect(discord.calls).toEqual([]);
    expect(await overdueIds(db)).toEqual([]);
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
  });

  test('keeps a request of unknown outcome as sent, and one that never left as unsent', async () => {
    const db = await fresh();
    const { discord, show, id } = await shownPoll(db);
    await bump(db, id);
    discord.before = failing('PATCH', serverError);
    expect(await show(id)).toMatchObject({ type: 'retry', code: '503', attempt: true });
    expect(await pollOf(db, id)).toMatchObject({ sent_revision: 2, shown_revision: 1, sender: null });
    await bump(db, id);
    discord.before = failing('PATCH', () => Object.assign(refusal(429, 0, 'slow'), {}));
    expect(await show(id)).toMatchObject({ type: 'retry', attempt: false });
    expect(await pollOf(db, id)).toMatchObject({ revision: 3, sent_revision: 2, shown_revision: 1 });
  });

  test('does not send what the limits hold back', async () => {
    const db = await fresh();
    const { discord, by } = severalProcesses(db);
    const rateLimits = new RateLimits();
    const show = by('one', rateLimits);
    const id = await givenPoll(db);
    rateLimits.pauseAll(Date.now(), 30_000);
    expect(await show(id)).toMatchObject({ type: 'retry', code: '429', attempt: false });
    expect(discord.calls).toEqual([]);
    expect(await pollOf(db, id)).toMatchObject({ sent_revision: 0, sender: null });
  });

  test('a poll that was purged is done', async () => {
    const db = await fresh();
    expect(await oneProcess(db).show(999_999)).toMatchObject({ type: 'done', revision: 0 });
  });
});
