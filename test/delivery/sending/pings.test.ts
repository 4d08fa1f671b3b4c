import { expect, test } from 'vitest';
import type { Db } from '../../../src/db/schema.ts';
import type { Obstacle } from '../../../src/delivery/rights.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { lostAnswer, refusal } from '../fake-discord.ts';
import { bump, givenPoll, overdueIds, pollOf } from '../polls.ts';
import { oneProcess } from '../several-processes.ts';

const noPosts = { right: 'post', permissions: ['Send Messages'] } as const;

/** A poll whose message stands and that has just opened, with a ping to send; `forbid` says what the gateway tells of posts. */
async function opening(db: Db) {
  let obstacle: Obstacle | null = null;
  const { discord, show } = oneProcess(db, (_, deed) => (deed === 'post' ? obstacle : null));
  const id = await givenPoll(db);
  await show(id);
  await bump(db, id, { ping_role_id: '400000000000000001', ping_pending: true });
  const forbid = (posts: Obstacle | null) => {
    obstacle = posts;
  };
  return { discord, id, show: () => show(id), forbid };
}

describeEachDatabase('showing a poll that opens', (fresh) => {
  test('pings the role once, when the message shows the open poll', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
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
    const { discord, show } = oneProcess(db);
    const id = await givenPoll(db, { ping_role_id: '400000000000000001', ping_pending: true });
    discord.after = (call) => {
      if (JSON.stringify(call.options.body).includes('ping-')) throw lostAnswer();
    };
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
    expect(await overdueIds(db)).toEqual([id]);
    discord.after = () => undefined;
    await show(id, { respectHolds: true, respectParks: true });
    expect(discord.messages.size).toBe(2);
    expect(await pollOf(db, id)).toMatchObject({ ping_pending: false, sender: null });
  });

  test('a refused ping is no failure', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
    const id = await givenPoll(db, { ping_role_id: '400000000000000001', ping_pending: true });
    discord.before = (call) => {
      if (JSON.stringify(call.options.body).includes('ping-'))
        throw refusal(403, 50013, 'Missing Permissions');
    };
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
    expect(await pollOf(db, id)).toMatchObject({ ping_pending: false, parked_code: null });
  });

  test('pings nobody where the gateway tells that posts are not allowed, and is shown all the same', async () => {
    const db = await fresh();
    const { discord, id, show, forbid } = await opening(db);
    forbid({ ...noPosts, timedOutUntil: null });
    expect(await show()).toMatchObject({ type: 'done' });
    expect(discord.made('POST')).toHaveLength(1);
    expect(await pollOf(db, id)).toMatchObject({ ping_pending: false });
  });

  test('pings its role after the time-out in which the ping came to its turn', async () => {
    const db = await fresh();
    const { discord, show, forbid } = await opening(db);
    forbid({ ...noPosts, timedOutUntil: new Date() });
    await show();
    expect(discord.made('POST')).toHaveLength(1);
    forbid(null);
    await show();
    expect(discord.made('POST')).toHaveLength(2);
  });
});
