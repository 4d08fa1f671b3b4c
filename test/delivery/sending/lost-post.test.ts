import { expect, test } from 'vitest';
import { describeEachDatabase } from '../../support/databases.ts';
import { failing, lostAnswer, refusal, serverError } from '../fake-discord.ts';
import { bump, givenPoll, pollOf } from '../polls.ts';
import { oneProcess } from '../several-processes.ts';

describeEachDatabase('showing a poll whose post got no answer', (fresh) => {
  test('never posts twice when the answer to a post is lost, within the life of the nonce or after it', async () => {
    const db = await fresh();
    for (const forget of [false, true]) {
      const { discord, show } = oneProcess(db);
      const id = await givenPoll(db);
      discord.after = failing('POST', lostAnswer);
      expect(await show(id)).toMatchObject({ type: 'retry', attempt: true });
      expect(await pollOf(db, id)).toMatchObject({ sent_revision: 1, shown_revision: 0, sender: null });
      discord.after = () => undefined;
      if (forget) discord.forgetNonces();
      await bump(db, id, { status: 'closed', closed_at: new Date() });
      expect(await show(id)).toEqual({ type: 'done', revision: 2 });
      expect(JSON.stringify(discord.only().embeds)).toContain('closed');
      expect(await pollOf(db, id)).toMatchObject({ message_id: discord.only().id, shown_revision: 2 });
    }
  });

  test('finds a lost post of a poll without buttons by its footer', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
    const id = await givenPoll(db, { status: 'closed' });
    discord.after = failing('POST', lostAnswer);
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
    const { discord, show } = oneProcess(db);
    const id = await givenPoll(db);
    discord.after = failing('POST', lostAnswer);
    await show(id);
    discord.after = () => undefined;
    discord.before = failing('GET', () => refusal(status, code, message));
    expect(await show(id)).toMatchObject({ type: 'done' });
    expect(discord.messages.size).toBe(1);
  });

  test('does not post while nobody can say whether it already has', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
    const id = await givenPoll(db);
    discord.after = failing('POST', lostAnswer);
    await show(id);
    const tried = (await pollOf(db, id)).tried_at;
    discord.before = failing('GET', serverError);
    expect(await show(id)).toMatchObject({ type: 'retry', attempt: true });
    expect(discord.made('POST')).toHaveLength(1);
    expect(tried).not.toBeNull();
    expect((await pollOf(db, id)).tried_at).toEqual(tried);
  });
});
