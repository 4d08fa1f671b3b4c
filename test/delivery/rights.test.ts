import { expect, test } from 'vitest';
import type { Obstacle } from '../../src/delivery/rights.ts';
import { unpark } from '../../src/delivery/sending/parks-store.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { failing, refusal } from './fake-discord.ts';
import { bump, givenPoll, overdueIds, pollOf } from './polls.ts';
import { oneProcess, shownPoll } from './several-processes.ts';

const place = '<#200000000000000001>';
const swept = { respectParks: true };

describeEachDatabase('what Discord refuses', (fresh) => {
  test('to post stops no edit in the channel, and what waits to be posted asks no more', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
    const shown = await givenPoll(db);
    await show(shown);
    await bump(db, shown);
    const [lost, other] = [await givenPoll(db), await givenPoll(db)];
    discord.before = failing('POST', () => refusal(403, 50013, 'x'));
    expect(await show(lost)).toMatchObject({ type: 'failed', scope: 'channel', right: 'post' });
    expect(await pollOf(db, lost)).toMatchObject({ parked_right: 'post' });
    expect(await pollOf(db, other)).toMatchObject({ parked_right: 'post' });
    expect(await overdueIds(db)).toEqual([shown]);
    expect(await show(shown, swept)).toMatchObject({ type: 'done' });
    await unpark(db, (_guildId, _channelId, right) => right === 'edit' || right === 'embed');
    expect(await overdueIds(db)).toEqual([]);
    await unpark(db, (_guildId, _channelId, right) => right === 'post');
    expect(await overdueIds(db)).toEqual([lost, other]);
  });

  test('to edit stops no post and no delete', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
    const [edited, deleted] = [await givenPoll(db), await givenPoll(db)];
    await show(edited);
    await show(deleted);
    await bump(db, edited);
    await bump(db, deleted, { deleted_at: new Date() });
    const posted = await givenPoll(db);
    discord.before = failing('PATCH', () => refusal(403, 50013, 'x'));
    expect(await show(edited)).toMatchObject({ right: 'edit' });
    expect(await overdueIds(db)).toEqual([deleted, posted]);
  });

  test('as one poll alone is no matter of rights', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
    const [bad, other] = [await givenPoll(db), await givenPoll(db)];
    discord.before = failing('POST', () => refusal(403, 50035, 'x'));
    expect(await show(bad)).toMatchObject({ type: 'failed', scope: 'poll' });
    await unpark(db, () => true);
    expect(await pollOf(db, bad)).toMatchObject({ parked_code: '50035', parked_right: null });
    expect(await overdueIds(db)).toEqual([other]);
  });

  test('to a batch once it does not ask again, also where an edit turns into a post', async () => {
    const db = await fresh();
    const { discord, show, id } = await shownPoll(db);
    await bump(db, id);
    discord.messages.clear();
    const before = { type: 'failed', code: '50013', reason: 'x', scope: 'channel', right: 'post' } as const;
    const refused = (deed: string) => (deed === 'post' ? before : null);
    expect(await show(id, { repost: true, refused })).toEqual(before);
    expect(discord.made('POST')).toHaveLength(1);
    expect(await pollOf(db, id)).toMatchObject({ parked_right: 'post', message_id: null });
  });

  test('is told apart by whether there is such a channel at all', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
    const shut = await givenPoll(db);
    const told: boolean[] = [];
    for (const code of [10003, 50001]) {
      discord.before = failing('POST', () => refusal(403, code, 'x'));
      await show(shut);
      await unpark(db, (_guildId, _channelId, right, gone) => {
        told.push(right === 'view' && gone);
        return false;
      });
    }
    expect(told).toEqual([true, false]);
  });
});

describeEachDatabase('what the gateway tells to be refused', (fresh) => {
  test('is tried where somebody asks for it, and not by the sweep', async () => {
    const db = await fresh();
    const obstacle: Obstacle = { right: 'post', permissions: ['Send Messages'], timedOutUntil: null };
    const { discord, show } = oneProcess(db, () => obstacle);
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
