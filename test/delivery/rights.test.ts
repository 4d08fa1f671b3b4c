import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/base/log.ts';
import type { Db } from '../../src/db/schema.ts';
import { Limits } from '../../src/delivery/pace/limits.ts';
import type { Obstacle, Obstacles } from '../../src/delivery/rights.ts';
import { deliverOne } from '../../src/delivery/sending/deliver-one.ts';
import { overdue } from '../../src/delivery/sending/delivery-store.ts';
import { unpark } from '../../src/delivery/sending/parks-store.ts';
import type { DeliverOptions } from '../../src/delivery/sending/sending.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { botId, type Call, FakeDiscord, refusal } from './fake-discord.ts';
import { bump, givenPoll, pollOf } from './polls.ts';

const place = '<#200000000000000001>';
const asked: DeliverOptions = { repost: false, respectHolds: false, respectParks: false, priority: 1 };
const swept = { ...asked, respectParks: true };
const everything = () => true;

function setUp(db: Db, obstacle: Obstacles = () => null) {
  const discord = new FakeDiscord();
  const parts = {
    db,
    rest: discord,
    limits: new Limits(),
    clock: systemClock,
    log: createLogger('silent'),
    process: 'one',
    botId: () => botId,
    obstacle,
  };
  const show = (id: number, options: Partial<DeliverOptions> = {}) =>
    deliverOne(parts, id, { ...asked, ...options });
  return { discord, show };
}

const noPosts = { right: 'post', permissions: ['Send Messages'] } as const;

/** A poll whose message stands and that has just opened, with a ping to send; `forbid` says what the gateway tells of posts. */
async function opening(db: Db) {
  let obstacle: Obstacle | null = null;
  const { discord, show } = setUp(db, (_, deed) => (deed === 'post' ? obstacle : null));
  const id = await givenPoll(db);
  await show(id);
  await bump(db, id, { ping_role_id: '400000000000000001', ping_pending: true });
  const forbid = (posts: Obstacle | null) => {
    obstacle = posts;
  };
  return { discord, id, show: () => show(id), forbid };
}

function on(method: Call['method'], code: number) {
  return (call: Call) => {
    if (call.method === method && call.route.includes('/messages')) throw refusal(403, code, 'x');
  };
}

/** Discord as it treats a bot without Embed Links: the embeds of what is written are left out. */
function dropEmbeds(call: Call): void {
  const body = call.options.body as { embeds?: unknown };
  if (body?.embeds) body.embeds = [];
}

const noEmbedLinks: Obstacle = { right: 'embed', permissions: ['Embed Links'], timedOutUntil: null };
const waiting = async (db: Db) => (await overdue(db, 10)).map(({ pollId }) => pollId).sort((a, b) => a - b);

describeEachDatabase('what Discord refuses', (fresh) => {
  test('to post stops no edit in the channel, and what waits to be posted asks no more', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const shown = await givenPoll(db);
    await show(shown);
    await bump(db, shown);
    const [lost, other] = [await givenPoll(db), await givenPoll(db)];
    discord.before = on('POST', 50013);
    expect(await show(lost)).toMatchObject({ type: 'failed', scope: 'channel', right: 'post' });
    expect(await pollOf(db, lost)).toMatchObject({ parked_right: 'post' });
    expect(await pollOf(db, other)).toMatchObject({ parked_right: 'post' });
    expect(await waiting(db)).toEqual([shown]);
    expect(await show(shown, swept)).toMatchObject({ type: 'done' });
    await unpark(db, (_guildId, _channelId, right) => right === 'edit' || right === 'embed');
    expect(await waiting(db)).toEqual([]);
    await unpark(db, (_guildId, _channelId, right) => right === 'post');
    expect(await waiting(db)).toEqual([lost, other]);
  });

  test('to edit stops no post and no delete', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const [edited, deleted] = [await givenPoll(db), await givenPoll(db)];
    await show(edited);
    await show(deleted);
    await bump(db, edited);
    await bump(db, deleted, { deleted_at: new Date() });
    const posted = await givenPoll(db);
    discord.before = on('PATCH', 50013);
    expect(await show(edited)).toMatchObject({ right: 'edit' });
    expect(await waiting(db)).toEqual([deleted, posted]);
  });

  test('as one poll alone is no matter of rights', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const [bad, other] = [await givenPoll(db), await givenPoll(db)];
    discord.before = on('POST', 50035);
    expect(await show(bad)).toMatchObject({ type: 'failed', scope: 'poll' });
    await unpark(db, everything);
    expect(await pollOf(db, bad)).toMatchObject({ parked_code: '50035', parked_right: null });
    expect(await waiting(db)).toEqual([other]);
  });

  test('to a batch once it does not ask again, also where an edit turns into a post', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    await show(id);
    await bump(db, id);
    discord.messages.clear();
    const before = { type: 'failed', code: '50013', reason: 'x', scope: 'channel', right: 'post' } as const;
    const refused = (deed: string) => (deed === 'post' ? before : null);
    expect(await show(id, { repost: true, refused })).toEqual(before);
    expect(discord.made('POST')).toHaveLength(1);
    expect(await pollOf(db, id)).toMatchObject({ parked_right: 'post', message_id: null });
  });
});

describeEachDatabase('a message without its embed', (fresh) => {
  test('is not done: an edit that lost it heals when embeds are allowed again', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    await show(id);
    await bump(db, id);
    discord.before = dropEmbeds;
    expect(await show(id)).toEqual({
      type: 'failed',
      code: '50013',
      reason: `the bot lacks Embed Links in ${place}`,
      scope: 'channel',
      right: 'embed',
    });
    expect(await pollOf(db, id)).toMatchObject({ shown_revision: 1, parked_right: 'embed', sender: null });
    expect(await show(id, swept)).toMatchObject({ type: 'failed' });
    expect(discord.made('PATCH')).toHaveLength(1);
    discord.before = () => undefined;
    await unpark(db, everything);
    expect(await show(id, swept)).toEqual({ type: 'done', revision: 2 });
  });

  test('that was posted is edited later and never posted twice', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    discord.before = dropEmbeds;
    expect(await show(id)).toMatchObject({ type: 'failed', right: 'embed' });
    const [message] = discord.messages.values();
    expect(await pollOf(db, id)).toMatchObject({ message_id: message!.id, shown_revision: 0 });
    discord.before = () => undefined;
    discord.forgetNonces();
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
    expect([discord.messages.size, message!.embeds]).toEqual([1, [expect.anything()]]);
  });

  test('is not made where the gateway tells that embeds are not allowed', async () => {
    const db = await fresh();
    let obstacle: Obstacle | null = null;
    const { discord, show } = setUp(db, () => obstacle);
    const [posted, fresher] = [await givenPoll(db), await givenPoll(db)];
    await show(posted);
    await bump(db, posted);
    obstacle = noEmbedLinks;
    for (const id of [posted, fresher])
      expect(await show(id)).toMatchObject({
        reason: `the bot lacks Embed Links in ${place}`,
        right: 'embed',
      });
    expect(discord.calls).toHaveLength(1);
    obstacle = null;
    expect(await show(posted)).toMatchObject({ type: 'done' });
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

  test('is shown again where a moderator hid it: edits send the flags', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    await show(id);
    await bump(db, id);
    await show(id);
    expect(discord.made('PATCH')[0]!.options.body).toMatchObject({ flags: 0 });
  });
});

describeEachDatabase('what the gateway tells to be refused', (fresh) => {
  test('is tried where somebody asks for it, and not by the sweep', async () => {
    const db = await fresh();
    const obstacle: Obstacle = { right: 'post', permissions: ['Send Messages'], timedOutUntil: null };
    const { discord, show } = setUp(db, () => obstacle);
    const id = await givenPoll(db);
    expect(await show(id, swept)).toMatchObject({
      type: 'failed',
      code: '50013',
      reason: `the bot lacks Send Messages in ${place}`,
    });
    expect(discord.calls).toEqual([]);
    expect(await show(id)).toEqual({ type: 'done', revision: 1 });
  });
});

/** A thread that sleeps until it is opened; `mayOpen`: whether the bot may. */
function asleep(mayOpen: boolean) {
  let open = false;
  return (call: Call) => {
    if (/^\/channels\/\d+$/.test(call.route)) {
      if (!mayOpen) throw refusal(403, 50013, 'Missing Permissions');
      open = true;
    } else if (!open && call.method !== 'GET') throw refusal(400, 50083, 'Thread is archived');
  };
}

describeEachDatabase('a thread that sleeps', (fresh) => {
  test('is opened for an edit, a post and a delete', async () => {
    const db = await fresh();
    for (const deed of ['edit', 'post', 'delete']) {
      const { discord, show } = setUp(db);
      const id = await givenPoll(db);
      if (deed !== 'post') {
        await show(id);
        await bump(db, id, deed === 'delete' ? { deleted_at: new Date() } : {});
      }
      discord.before = asleep(true);
      expect(await show(id)).toMatchObject({ type: 'done' });
      const opened = discord.calls.filter(({ route }) => route === '/channels/200000000000000001');
      expect(opened).toHaveLength(1);
    }
  });

  test('and may not be opened is a refusal of all in it, in plain words, until it is opened', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const [id, other] = [await givenPoll(db), await givenPoll(db)];
    await show(id);
    await bump(db, id);
    discord.before = asleep(false);
    expect(await show(id)).toMatchObject({ type: 'failed', scope: 'channel', right: 'open' });
    expect((await pollOf(db, id)).parked_reason).toContain(`the thread ${place} is archived`);
    expect((await pollOf(db, id)).parked_reason).toContain('Manage Threads');
    expect(await pollOf(db, other)).toMatchObject({ parked_right: 'open' });
    await unpark(db, (_guildId, _channelId, right) => right === 'open');
    expect(await waiting(db)).toEqual([id, other]);
  });

  test('beside too many active ones is a refusal of all in it, asked once, that names them', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const [id, other] = [await givenPoll(db), await givenPoll(db)];
    for (const one of [id, other]) {
      await show(one);
      await bump(db, one);
    }
    const before = discord.calls.length;
    discord.before = ({ route }) => {
      if (route.includes('/messages/')) throw refusal(400, 50083, 'Thread is archived');
      throw refusal(400, 160006, 'Maximum number of active threads reached');
    };
    expect(await show(id)).toMatchObject({ type: 'failed', code: '160006', scope: 'channel', right: 'open' });
    expect(await pollOf(db, other)).toMatchObject({ parked_code: '160006', parked_right: 'open' });
    expect((await pollOf(db, other)).parked_reason).toContain('the server has too many active threads');
    expect(await show(other, swept)).toMatchObject({ type: 'failed', code: '160006' });
    expect(discord.calls.length - before).toBe(2);
  });

  test('and falls asleep again at once is tried again', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const id = await givenPoll(db);
    await show(id);
    await bump(db, id);
    discord.before = (call) => {
      if (/messages/.test(call.route)) throw refusal(400, 50083, 'Thread is archived');
    };
    expect(await show(id)).toMatchObject({ type: 'retry', code: '50083', attempt: true });
    expect(await pollOf(db, id)).toMatchObject({ parked_code: null, sent_revision: 1 });
  });

  test('is told apart by whether there is such a channel at all', async () => {
    const db = await fresh();
    const { discord, show } = setUp(db);
    const shut = await givenPoll(db);
    const told: boolean[] = [];
    for (const code of [10003, 50001]) {
      discord.before = on('POST', code);
      await show(shut);
      await unpark(db, (_guildId, _channelId, right, gone) => {
        told.push(right === 'view' && gone);
        return false;
      });
    }
    expect(told).toEqual([true, false]);
  });
});
