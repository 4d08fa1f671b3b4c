import { expect, test } from 'vitest';
import type { Db } from '../../../src/db/schema.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { type Call, type FakeDiscord, lostAnswer, refusal } from '../fake-discord.ts';
import { bump, givenPoll, pollOf } from '../polls.ts';
import { severalProcesses } from '../several-processes.ts';

const channel = '/channels/200000000000000001/messages' as const;
const role = { ping_role_id: '400000000000000001', ping_pending: true };

function setUp(db: Db) {
  const { discord, by } = severalProcesses(db);
  return { discord, show: by('one'), other: by('other') };
}

/** The answer to the `nth` POST from now on is lost. */
function loseAnswer(discord: FakeDiscord, nth: number): void {
  let seen = 0;
  discord.after = (call: Call) => {
    if (call.method !== 'POST') return;
    seen += 1;
    if (seen < nth) return;
    discord.after = () => undefined;
    throw lostAnswer();
  };
}

/** Other messages of the bot in the channel, after which Discord has forgotten every nonce. */
async function chatter(discord: FakeDiscord, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await discord.post(channel, { body: { content: `Message ${i}` } });
  discord.forgetNonces();
}

function pings(discord: FakeDiscord) {
  return [...discord.messages.values()].filter(({ content }) => String(content).startsWith('<@&'));
}

describeEachDatabase('what must come once', (fresh) => {
  test.each([0, 99, 100, 130, 1100])(
    'is a poll whose post got no answer, with %i messages after it',
    async (count) => {
      const db = await fresh();
      const { discord, show, other } = setUp(db);
      const id = await givenPoll(db);
      loseAnswer(discord, 1);
      expect(await show(id)).toMatchObject({ type: 'retry' });
      const [posted] = [...discord.messages.keys()];
      await chatter(discord, count);
      expect(await other(id)).toEqual({ type: 'done', revision: 1 });
      expect(await pollOf(db, id)).toMatchObject({ message_id: posted });
      expect(discord.messages.size).toBe(count + 1);
    },
  );

  test('is a poll, also where processes die one after the other before they have looked for it', async () => {
    const db = await fresh();
    const { discord, show, other } = setUp(db);
    const id = await givenPoll(db);
    loseAnswer(discord, 1);
    await show(id);
    await db
      .updateTable('polls')
      .set({ tried_at: new Date(Date.now() - 10 * 60_000) })
      .execute();
    const tried = (await pollOf(db, id)).tried_at;
    discord.before = (call) => {
      if (call.method === 'GET') throw new Error('killed');
    };
    await expect(show(id)).rejects.toThrow('killed');
    await expect(show(id)).rejects.toThrow('killed');
    discord.before = () => undefined;
    expect((await pollOf(db, id)).tried_at).toEqual(tried);
    await db.updateTable('polls').set({ sender: null }).execute();
    await other(id);
    expect(discord.messages.size).toBe(1);
  });

  test("is a poll: looking waits for Discord's limits and keeps the claim meanwhile", async () => {
    const db = await fresh();
    const { discord, show, other } = setUp(db);
    const id = await givenPoll(db);
    loseAnswer(discord, 1);
    await show(id);
    await chatter(discord, 250);
    let pages = 0;
    discord.before = async (call) => {
      if (call.method !== 'GET') return;
      pages += 1;
      if (pages === 1) throw refusalOfLimit();
      expect(await other(id)).toMatchObject({ type: 'retry', code: 'busy' });
    };
    expect(await show(id)).toMatchObject({ type: 'done' });
    expect(discord.messages.size).toBe(251);
  });

  test.each([0, 1100])('is the ping whose answer was lost, with %i messages after it', async (count) => {
    const db = await fresh();
    const { discord, show, other } = setUp(db);
    const id = await givenPoll(db, role);
    loseAnswer(discord, 2);
    await show(id);
    expect(await pollOf(db, id)).toMatchObject({ ping_pending: true, sender: null });
    await chatter(discord, count);
    await bump(db, id, { version: 2 });
    await other(id);
    await other(id);
    expect(pings(discord)).toHaveLength(1);
    expect(await pollOf(db, id)).toMatchObject({ ping_pending: false, pings_sent: 1, ping_tried_at: null });
  });

  test('is the ping of an opening that was closed meanwhile and came back', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db, role);
    loseAnswer(discord, 2);
    await show(id);
    const { status_since } = await pollOf(db, id);
    await bump(db, id, { status: 'closed', ping_pending: false });
    await show(id);
    discord.forgetNonces();
    await bump(db, id, { status: 'active', status_since, ping_pending: true });
    await show(id);
    expect(pings(discord)).toHaveLength(1);
  });

  test('is a ping for each opening: the one before is not taken for it, known or not', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db, role);
    loseAnswer(discord, 2);
    await show(id);
    for (const expected of [2, 3]) {
      await bump(db, id, { status: 'scheduled', ping_pending: false });
      await show(id);
      const status_since = new Date(Date.now() + 2_000 * (expected - 2) - 60_000);
      await bump(db, id, { status: 'active', status_since, ping_pending: true });
      discord.before = (call) => {
        if (call.method !== 'POST') return;
        discord.before = () => undefined;
        throw lostAnswer();
      };
      // The request for the ping is lost, so that only the ping of the opening before is there to be found.
      await show(id);
      expect(pings(discord)).toHaveLength(expected - 1);
      await show(id);
      expect(pings(discord)).toHaveLength(expected);
    }
  });
});

function refusalOfLimit(): Error {
  return refusal(429, 0, 'You are being rate limited.', 'GET');
}
