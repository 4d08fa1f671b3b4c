import { expect, test } from 'vitest';
import type { Obstacle } from '../../../src/delivery/rights.ts';
import { unpark } from '../../../src/delivery/sending/parks-store.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import type { Call } from '../fake-discord.ts';
import { bump, givenPoll, pollOf } from '../polls.ts';
import { oneProcess, shownPoll } from '../several-processes.ts';

const place = '<#200000000000000001>';
const swept = { respectParks: true };

/** Discord as it treats a bot without Embed Links: the embeds of what is written are left out. */
function dropEmbeds(call: Call): void {
  const body = call.options.body as { embeds?: unknown };
  if (body?.embeds) body.embeds = [];
}

const noEmbedLinks: Obstacle = { right: 'embed', permissions: ['Embed Links'], timedOutUntil: null };

describeEachDatabase('a message without its embed', (fresh) => {
  test('is not done: an edit that lost it heals when embeds are allowed again', async () => {
    const db = await fresh();
    const { discord, show, id } = await shownPoll(db);
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
    await unpark(db, () => true);
    expect(await show(id, swept)).toEqual({ type: 'done', revision: 2 });
  });

  test('that was posted is edited later and never posted twice', async () => {
    const db = await fresh();
    const { discord, show } = oneProcess(db);
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
    const { discord, show } = oneProcess(db, () => obstacle);
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

  test('is shown again where a moderator hid it: edits send the flags', async () => {
    const db = await fresh();
    const { discord, show, id } = await shownPoll(db);
    await bump(db, id);
    await show(id);
    expect(discord.made('PATCH')[0]!.options.body).toMatchObject({ flags: 0 });
  });
});
