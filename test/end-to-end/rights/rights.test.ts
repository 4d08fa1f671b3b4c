import { expect, test } from 'vitest';
import type { SandboxChannel } from '../../../sandbox/world/channel.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowScene } from '../flow-scene.ts';
import { isClosed, resultOf } from '../progress-frames.ts';

const both = ['pglite', 'postgres'] as const;
const channels = ['general', 'votes', 'more', 'news'];

const confirmed = async (scene: FlowScene, command: string, options: Record<string, string | number>) => {
  const preview = await scene.ask(command, options);
  return { preview, progress: await (await scene.admin.press(preview, 'Confirm')).message() };
};

const numbers = (polls: readonly { id: number }[]) => polls.map(({ id }) => id).join(',');

/** How often the bot was refused in a channel. */
const refusals = ({ sandbox }: FlowScene, { id }: SandboxChannel) =>
  sandbox.requests.filter(({ path, status }) => path.startsWith(`/channels/${id}`) && status === 403).length;

describeFlow('a channel without Embed Links', { channels, databases: both }, (scene) => {
  test('keeps what its polls show; operations say what is missing, and all heals with it', async () => {
    const { sandbox, voter } = scene();
    const votes = scene().channel('votes');
    const [voted, ...polls] = await scene().polls(4, [votes]);
    sandbox.deny(votes.id, permission.embedLinks);
    const again = await scene().polls(1, [scene().channel('more')]);
    sandbox.clearLog();
    await voter.press(voted!.message, 'Tea');
    const preview = await scene().preview([...polls, ...again]);
    expect(preview.text).toContain('lacks permissions in 1 channel, 3 of these polls would fail there');
    expect(preview.text).toContain('#votes lacks *Embed Links*');
    const progress = await (await scene().admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [1, 3, 0, 0] });
    expect(progress.text).toContain('3 × the bot lacks Embed Links in #votes (50013)');
    expect(progress.text).toContain('Give the bot the permissions that are named below');
    expect(scene().requestsTo(votes, 'PATCH')).toEqual([]);
    for (const { message } of [voted!, ...polls]) expect(message.embeds).toHaveLength(1);
    sandbox.allow(votes.id, permission.embedLinks);
    await Promise.all(polls.map(({ message }) => message.until(isClosed, 20_000)));
    await voted!.message.until(({ text }) => text.includes('1 vote'), 20_000);
  });

  test('is noticed in the answers too, where the gateway has not told of it', async () => {
    const { sandbox } = scene();
    const news = scene().channel('news');
    const polls = await scene().polls(3, [news]);
    const silently = { id: sandbox.world.bot.id, type: 1 as const, allow: 0n, deny: permission.embedLinks };
    news.overwrites.push(silently);
    sandbox.clearLog();
    // An edit that would leave nothing is refused; one that leaves the buttons is taken, and shows nothing.
    const closed = await scene().begin(polls.slice(0, 2));
    expect(await resultOf(closed)).toEqual({ word: 'completed with failures', counts: [0, 2, 0, 0] });
    const { progress } = await confirmed(scene(), 'bulk settings', {
      polls: numbers([polls[2]!]),
      timezone: 'Europe/Berlin',
    });
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [0, 1, 0, 0] });
    expect(progress.text).toContain('the bot lacks Embed Links in #news');
    expect(scene().requestsTo(news, 'PATCH')).toHaveLength(2);
    news.overwrites.splice(news.overwrites.indexOf(silently), 1);
    const retry = await (await scene().admin.press(progress, 'Retry failed')).message();
    expect(await resultOf(retry)).toEqual({ word: 'completed', counts: [1, 0, 0, 0] });
    expect(polls[2]!.message.embeds).toHaveLength(1);
  });

  test('is not needed to delete', async () => {
    const { sandbox } = scene();
    const more = scene().channel('more');
    const polls = await scene().polls(2, [more]);
    sandbox.deny(more.id, permission.embedLinks);
    const preview = await scene().ask('bulk delete', { polls: numbers(polls) });
    expect(preview.text).not.toContain('⚠️');
    const asked = await scene().admin.press(preview, 'Confirm');
    const progress = await (await scene().admin.submit(asked, 'DELETE 2')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [2, 0, 0, 0] });
    sandbox.allow(more.id, permission.embedLinks);
  });
});

describeFlow('an embed that a moderator hid', { channels }, (scene) => {
  test('is shown again by the next vote', async () => {
    const poll = await scene().poll(scene().channel('votes'));
    scene().sandbox.hideEmbeds(poll.message.id);
    expect(poll.message.embeds).toEqual([]);
    await scene().voter.press(poll.message, 'Tea');
    await poll.message.until(({ text }) => text.includes('1 vote'));
  });
});

describeFlow('a channel without Send Messages', { channels, databases: both }, (scene) => {
  test('refuses what has to be posted, once, and shows everything else', async () => {
    const { sandbox, voter } = scene();
    const votes = scene().channel('votes');
    const polls = await scene().polls(8, [votes]);
    const [first, second, ...kept] = polls;
    expect((await resultOf(await scene().begin(polls))).counts).toEqual([8, 0, 0, 0]);
    for (const { message } of [first!, second!]) sandbox.removeMessage(message.id);
    sandbox.deny(votes.id, permission.sendMessages);
    sandbox.clearLog();
    const { progress } = await confirmed(scene(), 'bulk reopen', {
      polls: numbers(polls),
      extend_hours: 4,
    });
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [6, 2, 0, 0] });
    expect(progress.text).toContain('2 × the bot lacks Send Messages in #votes (50013)');
    expect(refusals(scene(), votes)).toBe(1);
    // The tallies of the others go on.
    await voter.press(kept[0]!.message, 'Tea');
    await kept[0]!.message.until(({ text }) => text.includes('1 vote'));
    sandbox.allow(votes.id, permission.sendMessages);
    const posted = (id: number) => votes.until(({ text }) => text.includes(`#${id} · active`), 20_000);
    await Promise.all([posted(first!.id), posted(second!.id)]);
    expect(votes.messages).toHaveLength(8);
  });
});

describeFlow('notices in a channel without Send Messages', { channels }, (scene) => {
  test('are a remark each, and earn one refusal together', async () => {
    const votes = scene().channel('votes');
    const polls = await scene().polls(10, [votes]);
    scene().sandbox.deny(votes.id, permission.sendMessages);
    scene().sandbox.clearLog();
    const progress = await scene().begin(polls, { notify: true });
    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [10, 0, 0, 0] });
    expect(progress.text).toContain('10 with a remark');
    expect(refusals(scene(), votes)).toBe(1);
    scene().sandbox.allow(votes.id, permission.sendMessages);
  });
});

describeFlow('changes that give no right back', { channels }, (scene) => {
  test('cause no request, however many there are', async () => {
    const { sandbox, guild } = scene();
    const shut = ['votes', 'more'].map((name) => scene().channel(name));
    const polls = await scene().polls(6, shut);
    for (const { id } of shut) sandbox.deny(id);
    await resultOf(await scene().begin(polls));
    sandbox.clearLog();
    for (let i = 1; i <= 5; i += 1) {
      sandbox.setRoleColour(guild.id, i);
      for (const { id } of shut) sandbox.setTopic(id, `Topic ${i}`);
      sandbox.setTopic(scene().channel('news').id, `Topic ${i}`);
      guild.addRole(`Role ${i}`, { permissions: permission.administrator });
      sandbox.deny(shut[0]!.id, permission.sendMessages);
    }
    // The sweep comes round every ten seconds. That it heals one channel shows that it left the other alone.
    sandbox.allow(shut[1]!.id);
    const inChannel = polls.filter(({ channel }) => channel === shut[1]);
    await Promise.all(inChannel.map(({ message }) => message.until(isClosed, 20_000)));
    expect(refusals(scene(), shut[0]!)).toBe(0);
    expect(scene().requestsTo(shut[0]!, 'PATCH')).toEqual([]);
  });
});

describeFlow('a bot that is timed out', { channels, databases: both }, (scene) => {
  test('says until when, keeps what its polls show, and heals when it is over', async () => {
    const { sandbox, guild } = scene();
    const votes = scene().channel('votes');
    const polls = await scene().polls(4, [votes]);
    const until = Date.now() + 6_000;
    sandbox.timeOut(guild.id, until);
    // An interaction's own answers are not affected (api-docs#6847).
    const preview = await scene().preview(polls);
    expect(preview.text).toContain('where the bot is timed out until <t:');
    const progress = await (await scene().admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [0, 4, 0, 0] });
    expect(progress.text).toContain('4 × the bot is timed out in the server of #votes until ');
    for (const { message } of polls) expect(message.embeds).toHaveLength(1);
    expect(Date.now()).toBeLessThan(until);
    await Promise.all(polls.map(({ message }) => message.until(isClosed, 30_000)));
  });
});
