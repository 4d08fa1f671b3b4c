import { beforeEach, expect, test } from 'vitest';
import { describeFlow } from '../describe-flow.ts';

/** What Discord sends along with an interaction without the bot having any right to it. */
const extras = ['app_permissions', 'locale', 'guild_locale', 'guild', 'context', 'attachment_size_limit'];

/** Interactions come with no more than what was asked by whom, and messages do not say that they are private. */
describeFlow('bare interactions', { databases: ['pglite'] }, (scene) => {
  beforeEach(() => {
    const { sandbox } = scene();
    const deliver = sandbox.deliver.bind(sandbox);
    sandbox.deliver = (interaction) => {
      const payload = interaction.payload as Record<string, unknown>;
      for (const name of extras) delete payload[name];
      delete (payload.data as Record<string, unknown>).resolved;
      delete (payload.message as Record<string, unknown> | undefined)?.flags;
      deliver(interaction);
    };
  });

  test('create polls in the channel that was chosen', async () => {
    const votes = scene().channel('votes');
    const wanted = { question: 'Where?', options: 'Here | There', channel: votes.id };
    const created = await scene().ask('poll create', wanted);
    expect(created.text).toContain(`/${votes.id}/`);
    expect((await scene().poll(votes)).message.channelId).toBe(votes.id);
  });

  test('name targets that count, whatever is resolved of them', async () => {
    const { admin, voter } = scene();
    const [votes, more] = [scene().channel('votes'), scene().channel('more')];
    const [inVotes] = await scene().polls(1, [votes]);
    const [inMore] = await scene().polls(1, [more]);
    const preview = await scene().ask('bulk close', { channel: more.id, creator: admin.id });
    expect(preview.field('Polls')).toContain(`#${inMore!.id} `);
    expect(preview.field('Polls')).not.toContain(`#${inVotes!.id} `);
    const nothing = await scene().ask('bulk close', { creator: voter.id });
    expect(nothing.text).toContain('No poll matches');
    const theirs = await scene().ask('bulk history', { admin: voter.id });
    expect(theirs.text).toContain('No operation matches');
  });

  test('turn pages and cancel previews', async () => {
    const polls = await scene().polls(16, [scene().channel('votes'), scene().channel('more')]);
    const preview = await scene().preview(polls);
    const next = await (await scene().admin.press(preview, '▶')).message();
    expect([next.ephemeral, next.text.includes('page 2 of 2')]).toEqual([true, true]);
    const cancelled = await (await scene().admin.press(preview, 'Cancel')).message();
    expect([cancelled.ephemeral, cancelled.text]).toEqual([
      true,
      expect.stringContaining('nothing was changed'),
    ]);
  });

  test('select in a picker and open its modals', async () => {
    const { admin, guild } = scene();
    const polls = await scene().polls(2, [scene().channel('votes')], { question: 'Bare?' });
    const picker = await scene().ask('bulk select', { text: 'bare' });
    const chosen = await (
      await admin.choose(picker, 'Choose polls', [String(polls[0]!.id), String(polls[1]!.id)])
    ).message();
    expect(chosen.text).toContain('2 polls selected');
    const fewer = await (await admin.choose(chosen, 'Choose polls', [String(polls[1]!.id)])).message();
    expect(fewer.text).toContain('1 poll selected');
    const role = guild.addRole('Voters', { mentionable: true });
    const modal = await admin.press(fewer, 'Settings');
    const preview = await (await admin.submit(modal, { ping_role: role.id })).message();
    expect(preview.text).toContain('Change the settings of 1 poll');
    await admin.press(preview, 'Cancel');
  });
});
