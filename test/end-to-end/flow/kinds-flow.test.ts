import { expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import type { OptionValues } from '../../../sandbox/people/slash-data.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll, FlowScene } from '../flow-scene.ts';
import { isClosed, isOpen, resultOf } from '../progress-frames.ts';

const minute = 60_000;

async function preview(
  scene: FlowScene,
  kind: string,
  polls: readonly FlowPoll[],
  options: OptionValues = {},
  by: Person = scene.admin,
): Promise<SandboxMessage> {
  return await scene.ask(`bulk ${kind}`, { polls: polls.map(({ id }) => id).join(','), ...options }, by);
}

async function confirmed(scene: FlowScene, shown: SandboxMessage): Promise<SandboxMessage> {
  const progress = await (await scene.admin.press(shown, 'Confirm')).message();
  expect((await resultOf(progress)).word).toBe('completed');
  return progress;
}

async function run(scene: FlowScene, kind: string, polls: readonly FlowPoll[], options: OptionValues = {}) {
  return await confirmed(scene, await preview(scene, kind, polls, options));
}

describeFlow('reopening', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('without the votes starts again, and undo brings the old result back', async () => {
    const { admin, voter } = scene();
    const polls = await scene().polls(3, [scene().channel('votes'), scene().channel('more')]);
    for (const { message } of polls) await (await voter.press(message, 'Tea')).message();
    await run(scene(), 'close', polls);
    const shown = await preview(scene(), 'reopen', polls, { reset_votes: true, closes: '3d' });
    expect(shown.text).toContain('closes: 3d');
    expect(shown.text).toContain('votes: reset');
    const progress = await confirmed(scene(), shown);
    for (const { message } of polls) {
      await message.until((now) => isOpen(now) && now.text.includes('0 voters') && /Closes/.test(now.text));
    }
    await (await admin.press(polls[0]!.message, 'Coffee')).message();
    const undoing = await (await admin.press(progress, 'Undo')).message();
    expect(undoing.text).toMatch(/these polls become what they were before Operation #\d+/);
    await confirmed(scene(), undoing);
    for (const { message } of polls) {
      await message.until((now) => isClosed(now) && now.text.includes('Winner: **Tea** with 1 vote'));
    }
  });

  test('never ends with a closing time in the past: such polls are named', async () => {
    const channel = scene().channel('votes');
    const late = await scene().poll(channel, { closes: '1m' });
    const open = await scene().poll(channel);
    scene().ahead = 2 * minute;
    await late.message.until(isClosed);
    const refused = await preview(scene(), 'reopen', [late, open]);
    expect(refused.button('Confirm')).toBeUndefined();
    expect(refused.text).toContain('its closing time has passed: give `closes` or `extend_hours`');
    expect(refused.text).toContain(`#${late.id}`);
    expect(refused.text).toContain(`already active: #${open.id}`);
    await run(scene(), 'reopen', [late], { extend_hours: 1 });
    await late.message.until(isOpen);
    scene().ahead = 0;
  });

  test('posts again what was deleted by hand', async () => {
    const channel = scene().channel('more');
    const poll = await scene().poll(channel);
    await scene().ask('poll close', { poll: poll.id });
    await poll.message.until(isClosed);
    scene().sandbox.removeMessage(poll.message.id);
    await run(scene(), 'reopen', [poll]);
    await channel.until((message) => isOpen(message) && message.text.includes(`#${poll.id} · active`));
  });
});

describeFlow('settings', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('show times in another zone without moving them', async () => {
    const poll = await scene().poll(scene().channel('votes'), { closes: '2027-07-01 18:00' });
    const stamp = /<t:(\d+):R>/.exec(poll.message.text)![1];
    await run(scene(), 'settings', [poll], { timezone: 'Europe/Berlin', max_choices: 2 });
    await poll.message.until(({ text }) => text.includes('2027-07-01 20:00 Europe/Berlin'));
    expect(poll.message.text).toContain(`<t:${stamp}:R>`);
    expect(poll.message.text).toContain('up to 2 choices');
    const again = await preview(scene(), 'settings', [poll], { timezone: 'Europe/Berlin', max_choices: 2 });
    expect(again.text).toContain(`already has these settings: #${poll.id}`);
    expect(again.button('Confirm')).toBeUndefined();
  });

  test('keep what voters were promised', async () => {
    const { voter } = scene();
    const channel = scene().channel('votes');
    const secret = await scene().poll(channel, { anonymous: true });
    const several = await scene().poll(channel, { options: 'A | B | C', max_choices: 3 });
    for (const [message, label] of [
      [secret.message, 'Tea'],
      [several.message, 'A'],
      [several.message, 'B'],
    ] as const) {
      await (await voter.press(message, label)).message();
    }
    const shown = await preview(scene(), 'settings', [secret, several], { anonymous: false, max_choices: 1 });
    expect(shown.button('Confirm')).toBeUndefined();
    expect(shown.text).toContain(`it has votes that were promised to be anonymous: #${secret.id}`);
    expect(shown.text).toContain(`a voter has already chosen 2 options: #${several.id}`);
  });

  test('give a poll no role that the admin may not mention, nor one of another server', async () => {
    const { admin, guild, sandbox, superAdmin } = scene();
    const poll = await scene().poll(scene().channel('votes'));
    const [quiet, loud] = [guild.addRole('quiet'), guild.addRole('loud', { mentionable: true })];
    const refused = await preview(scene(), 'settings', [poll], { ping_role: quiet.id });
    expect(refused.text).toContain('in a channel where you may not mention the role to ping');
    const everyone = await preview(scene(), 'settings', [poll], { ping_role: guild.id });
    expect(everyone.text).toContain('`ping_role` cannot be @');
    expect(
      (await preview(scene(), 'settings', [poll], { ping_role: loud.id })).button('Confirm'),
    ).toBeDefined();
    const other = sandbox.addGuild({ name: 'Other', channels: ['abroad'] });
    admin.setPermissions(other.id, permission.manageGuild);
    const foreign = await scene().poll(other.channel('abroad'));
    const mixed = await preview(scene(), 'settings', [poll, foreign], { ping_role: loud.id }, superAdmin);
    expect(mixed.field('To change')).toBe('1');
    expect(mixed.text).toContain(`in another server than the role to ping: #${foreign.id}`);
  });

  test.each([
    [{}, /Give at least one of `timezone`/],
    [{ timezone: 'Mars/Base' }, /no time zone\. Use an IANA name/],
    [{ closes: 'whenever' }, /no time\. Write a date/],
  ])('refuse %j with what is allowed', async (options, message) => {
    const poll = await scene().poll(scene().channel('votes'));
    const answer = await preview(scene(), 'settings', [poll], options);
    expect(answer.ephemeral).toBe(true);
    expect(answer.text).toMatch(message);
  });
});

describeFlow('the status', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('scheduled says when a poll opens, takes no votes, and opens by itself', async () => {
    const { voter, admin } = scene();
    const channel = scene().channel('votes');
    const [open, closed] = (await scene().polls(2, [channel])) as [FlowPoll, FlowPoll];
    await scene().ask('poll close', { poll: closed.id });
    const shown = await preview(scene(), 'status', [open, closed], { to: 'scheduled', opens: '5m' });
    expect(shown.field('To change')).toBe('2');
    const progress = await confirmed(scene(), shown);
    for (const { id, message } of [open, closed]) {
      await message.until(
        ({ text, buttons }) => text.includes('Opens') && buttons.every((one) => one.disabled),
      );
      const vote = await (await voter.pressCustomId(message, `vote:${id}:0`)).message();
      expect(vote.text).toContain('is not open yet');
    }
    scene().ahead = 6 * minute;
    await Promise.all([open, closed].map(({ message }) => message.until(isOpen)));
    const undo = await (await admin.press(progress, 'Undo')).message();
    expect(undo.text).toContain('conflict: changed since');
    scene().ahead = 0;
  });

  test('closed ends the votes, and active goes on with them', async () => {
    const polls = await scene().polls(2, [scene().channel('more')]);
    for (const { message } of polls) await (await scene().voter.press(message, 'Tea')).message();
    await run(scene(), 'status', polls, { to: 'closed' });
    await Promise.all(polls.map(({ message }) => message.until(isClosed)));
    await run(scene(), 'status', polls, { to: 'active', closes: '1d' });
    for (const { message } of polls) {
      await message.until((now) => isOpen(now) && now.text.includes('1 voter'));
    }
  });
});
