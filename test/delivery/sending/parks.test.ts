import { expect, test } from 'vitest';
import { unpark } from '../../../src/delivery/sending/parks-store.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { refusal } from '../fake-discord.ts';
import { givenPoll, overdueIds, pollOf } from '../polls.ts';
import { oneProcess } from '../several-processes.ts';

const respectful = { respectHolds: true, respectParks: true };

describeEachDatabase('showing one poll', (fresh) => {
  test('parks the polls of a channel that Discord refuses, and unparks them by permission or success', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
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
    expect(await overdueIds(db)).toEqual([elsewhere]);
    expect(await show(other, respectful)).toMatchObject({ type: 'failed', code: '50001' });
    expect(discord.calls).toHaveLength(1);
    discord.before = () => undefined;
    expect(await show(other)).toMatchObject({ type: 'done' });
    expect(await pollOf(db, other)).toMatchObject({ parked_code: null });
    await unpark(db, (_guildId, channelId) => channelId === '200000000000000002');
    await unpark(db, (serverId) => serverId === '100000000000000002');
    await unpark(db, (_guildId, _channelId, right) => right !== 'view');
    expect(await pollOf(db, id)).toMatchObject({ parked_code: '50001' });
    await unpark(db, (_guildId, channelId) => channelId === '200000000000000001');
    expect(await show(id, respectful)).toMatchObject({ type: 'done' });
  });
});
