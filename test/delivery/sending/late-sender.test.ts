import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../../src/db/schema.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { type Call, type FakeDiscord, lostAnswer, refusal } from '../fake-discord.ts';
import { bump, givenPoll, pollOf } from '../polls.ts';
import { severalProcesses } from '../several-processes.ts';

function setUp(db: Db) {
  const { discord, by } = severalProcesses(db);
  return { discord, slow: by('slow'), quick: by('quick') };
}

/** The same, with a poll that `slow` has shown and that has changed since. */
async function changed(db: Db, fields: Record<string, unknown> = {}) {
  const scene = setUp(db);
  const id = await givenPoll(db);
  await scene.slow(id);
  await bump(db, id, fields);
  return { ...scene, id };
}

/** What happens while the slow process sleeps in its first request of this method: its claim's life ends, and `meanwhile`. */
function sleepIn(
  db: Db,
  discord: FakeDiscord,
  method: Call['method'],
  when: 'before' | 'after',
  meanwhile: () => Promise<unknown>,
): void {
  discord[when] = async (call) => {
    if (call.method !== method) return;
    discord[when] = () => undefined;
    await sql`update polls set sender_until = clock_timestamp() - interval '1 second'`.execute(db);
    await meanwhile();
  };
}

const takenOver = { type: 'retry', code: 'busy', attempt: false };

/** Lets the next sender bring the poll up to date, and expects one message, which shows it. */
async function expectShownOnce(
  db: Db,
  discord: FakeDiscord,
  show: (id: number) => Promise<unknown>,
  id: number,
) {
  await show(id);
  const poll = await pollOf(db, id);
  expect(poll).toMatchObject({ shown_revision: poll.revision, sender: null });
  expect([...discord.messages.keys()]).toEqual([poll.message_id]);
  return discord.only();
}

describeEachDatabase('a process that slept past the life of its claim', (fresh) => {
  test.each(['before', 'after'] as const)(
    'and wakes %s its edit arrives: the message shows the newest state in the end',
    async (when) => {
      const db = await fresh();
      const { discord, slow, quick, id } = await changed(db);
      sleepIn(db, discord, 'PATCH', when, async () => {
        await bump(db, id, { status: 'closed', closed_at: new Date() });
        expect(await quick(id)).toEqual({ type: 'done', revision: 3 });
      });
      expect(await slow(id)).toMatchObject(takenOver);
      const shown = await expectShownOnce(db, discord, slow, id);
      expect(JSON.stringify(shown.embeds)).toContain('closed');
    },
  );

  test('without a reply to its edit: the message is shown once more', async () => {
    const db = await fresh();
    const { discord, slow, quick, id } = await changed(db);
    sleepIn(db, discord, 'PATCH', 'before', async () => {
      await bump(db, id, { status: 'closed', closed_at: new Date() });
      await quick(id);
      discord.after = lostOnce(discord);
    });
    expect(await slow(id)).toMatchObject(takenOver);
    const shown = await expectShownOnce(db, discord, quick, id);
    expect(JSON.stringify(shown.embeds)).toContain('closed');
  });

  test.each(['before', 'after'] as const)(
    'and wakes %s its post arrives: one message is left, the one the row names',
    async (when) => {
      const db = await fresh();
      const { discord, slow, quick } = setUp(db);
      const id = await givenPoll(db);
      sleepIn(db, discord, 'POST', when, async () => {
        discord.forgetNonces();
        expect(await quick(id)).toEqual({ type: 'done', revision: 1 });
        discord.forgetNonces();
      });
      expect(await slow(id)).toMatchObject(takenOver);
      await expectShownOnce(db, discord, slow, id);
    },
  );

  test('posts nothing that stays for a poll that was deleted meanwhile', async () => {
    const db = await fresh();
    const { discord, slow, quick } = setUp(db);
    const id = await givenPoll(db);
    sleepIn(db, discord, 'POST', 'before', async () => {
      await bump(db, id, { deleted_at: new Date() });
      expect(await quick(id)).toEqual({ type: 'done', revision: 2 });
    });
    expect(await slow(id)).toMatchObject(takenOver);
    expect(discord.messages.size).toBe(0);
    expect(await quick(id)).toMatchObject({ type: 'done' });
    expect(await pollOf(db, id)).toMatchObject({ message_id: null });
  });

  test('and whose message had gone does not forget the one its successor posted', async () => {
    const db = await fresh();
    const { discord, slow, quick, id } = await changed(db);
    discord.messages.clear();
    discord.before = async (call) => {
      if (call.method !== 'PATCH') return;
      discord.before = () => undefined;
      await sql`update polls set sender_until = clock_timestamp() - interval '1 second'`.execute(db);
      expect(await quick(id, { repost: true })).toMatchObject({ type: 'done' });
    };
    expect(await slow(id, { repost: true })).toMatchObject(takenOver);
    await expectShownOnce(db, discord, slow, id);
  });

  test.each([true, false])(
    'does not count as gone (repost: %s) what its successor has posted again',
    async (repost) => {
      const db = await fresh();
      const { discord, slow, quick, id } = await changed(db);
      discord.messages.clear();
      sleepIn(db, discord, 'PATCH', 'before', () => quick(id, { repost: true }));
      await slow(id, { repost });
      const poll = await pollOf(db, id);
      expect(poll).toMatchObject({ message_gone: false });
      expect([...discord.messages.keys()]).toEqual([poll.message_id]);
    },
  );

  test('and removed the message of a poll that came back meanwhile: it is posted again', async () => {
    const db = await fresh();
    const { discord, slow, quick, id } = await changed(db, { deleted_at: new Date() });
    sleepIn(db, discord, 'DELETE', 'before', async () => {
      await bump(db, id, { deleted_at: null });
      expect(await quick(id)).toEqual({ type: 'done', revision: 3 });
    });
    expect(await slow(id)).toMatchObject(takenOver);
    await expectShownOnce(db, discord, quick, id);
    expect(await pollOf(db, id)).toMatchObject({ message_gone: false });
  });

  test('does not park what its successor has shown', async () => {
    const db = await fresh();
    const { discord, slow, quick } = setUp(db);
    const id = await givenPoll(db);
    const other = await givenPoll(db);
    sleepIn(db, discord, 'POST', 'before', async () => {
      await quick(id);
      throw refusal(403, 50001, 'Missing Access');
    });
    expect(await slow(id)).toMatchObject(takenOver);
    expect(await pollOf(db, id)).toMatchObject({ parked_code: null, shown_revision: 1 });
    expect(await pollOf(db, other)).toMatchObject({ parked_code: null });
  });

  test('keeps what it sent if nobody took over, and lets nobody in while it pings', async () => {
    const db = await fresh();
    const { discord, slow, quick } = setUp(db);
    const id = await givenPoll(db, { ping_role_id: '400000000000000001', ping_pending: true });
    sleepIn(db, discord, 'POST', 'after', async () => undefined);
    discord.before = async (call) => {
      if (call.method !== 'POST' || discord.made('POST').length < 2) return;
      discord.before = () => undefined;
      await sql`update polls set sender_until = clock_timestamp() + interval '1 second'`.execute(db);
      expect(await quick(id)).toMatchObject({ type: 'done' });
    };
    expect(await slow(id)).toEqual({ type: 'done', revision: 1 });
    expect(discord.made('POST')).toHaveLength(2);
    expect(await pollOf(db, id)).toMatchObject({ ping_pending: false, pings_sent: 1, sender: null });
  });
});

function lostOnce(discord: FakeDiscord) {
  return () => {
    discord.after = () => undefined;
    throw lostAnswer();
  };
}
