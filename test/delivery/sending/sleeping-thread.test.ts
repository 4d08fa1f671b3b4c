import { expect, test } from 'vitest';
import { unpark } from '../../../src/delivery/sending/parks-store.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { type Call, refusal } from '../fake-discord.ts';
import { bump, givenPoll, overdueIds, pollOf } from '../polls.ts';
import { oneProcess, shownPoll } from '../several-processes.ts';

const place = '<#200000000000000001>';

const swept = { respectParks: true };

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
      const { discord, show } = oneProcess(db);
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
    const { discord, show } = oneProcess(db);
    const [id, other] = [await givenPoll(db), await givenPoll(db)];
    await show(id);
    await bump(db, id);
    discord.before = asleep(false);
    expect(await show(id)).toMatchObject({ type: 'failed', scope: 'channel', right: 'open' });
    expect((await pollOf(db, id)).parked_reason).toContain(`the thread ${place} is archived`);
    expect((await pollOf(db, id)).parked_reason).toContain('Manage Threads');
    expect(await pollOf(db, other)).toMatchObject({ parked_right: 'open' });
    await unpark(db, (_guildId, _channelId, right) => right === 'open');
    expect(await overdueIds(db)).toEqual([id, other]);
  });

  test('beside too many active ones is a refusal of all in it, asked once, that names them', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
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
    const { discord, show, id } = await shownPoll(db);
    await bump(db, id);
    discord.before = (call) => {
      if (/messages/.test(call.route)) throw refusal(400, 50083, 'Thread is archived');
    };
    expect(await show(id)).toMatchObject({ type: 'retry', code: '50083', attempt: true });
    expect(await pollOf(db, id)).toMatchObject({ parked_code: null, sent_revision: 1 });
  });
});
