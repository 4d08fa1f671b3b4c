import { expect, test } from 'vitest';
import { describeEachDatabase } from '../../support/databases.ts';
import { failing, lostAnswer } from '../fake-discord.ts';
import { bump, givenPoll, pollOf } from '../polls.ts';
import { oneProcess, shownPoll } from '../several-processes.ts';

describeEachDatabase('showing a poll whose message was removed', (fresh) => {
  test('counts a message deleted by hand as done, and leaves it so', async () => {
    const db = await fresh();
    const { discord, show, id } = await shownPoll(db);
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
    const { discord, show, id } = await shownPoll(db);
    discord.messages.clear();
    await bump(db, id);
    expect(await show(id, { repost: true })).toEqual({ type: 'done', revision: 2 });
    expect(await pollOf(db, id)).toMatchObject({ message_id: discord.only().id, message_gone: false });

    discord.messages.clear();
    await bump(db, id);
    await show(id);
    await bump(db, id);
    expect(await show(id, { repost: true })).toEqual({ type: 'done', revision: 4 });
    expect(await pollOf(db, id)).toMatchObject({ message_id: discord.only().id, message_gone: false });
  });

  test('deletes the message of a deleted poll, once, and posts it anew after an undo', async () => {
    const db = await fresh();
    const { discord, show, id } = await shownPoll(db);
    await bump(db, id, { deleted_at: new Date() });
    expect(await show(id)).toEqual({ type: 'done', revision: 2 });
    expect(discord.messages.size).toBe(0);
    expect(await show(id)).toEqual({ type: 'done', revision: 2 });
    expect(discord.made('DELETE')).toHaveLength(1);
    await bump(db, id, { deleted_at: null });
    expect(await show(id)).toEqual({ type: 'done', revision: 3 });
    expect(discord.only().nonce).toBe(`poll-${id}-2`);
  });

  test('a delete whose message is gone is done; a lost answer to a delete is no work of others', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
    const byHand = await givenPoll(db);
    await show(byHand);
    discord.messages.clear();
    await bump(db, byHand, { deleted_at: new Date() });
    expect(await show(byHand)).toMatchObject({ type: 'done', remark: 'its message was deleted by hand' });

    const ours = await givenPoll(db);
    await show(ours);
    await bump(db, ours, { deleted_at: new Date() });
    discord.after = failing('DELETE', lostAnswer);
    expect(await show(ours)).toMatchObject({ type: 'retry' });
    expect(await show(ours)).toEqual({ type: 'done', revision: 2 });
  });
});
