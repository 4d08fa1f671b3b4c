import { expect, test } from 'vitest';
import { usualBotPermissions } from '../../../sandbox/sandbox.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import { isClosed, isOpen } from '../progress-frames.ts';

describeFlow('the life of a poll', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('create, vote, switch, take back, close', async () => {
    const { voter, channel, admin } = { ...scene(), channel: scene().channel('votes') };
    const answer = await (
      await admin.slash(channel, 'poll create', { question: 'Tea *or* coffee?', options: 'Tea | Coffee' })
    ).message();
    expect(answer.ephemeral).toBe(true);
    const [, id, messageId] = /#(\d+) .*channels\/\d+\/\d+\/(\d+)/s.exec(answer.text)!;
    expect(answer.text).toContain(
      `https://discord.com/channels/${scene().guild.id}/${channel.id}/${messageId}`,
    );
    const message = scene().sandbox.message(messageId!);
    expect(message.text).toContain('Tea \\*or\\* coffee?');
    expect(isOpen(message)).toBe(true);
    const vote = async (label: string) => await (await voter.press(message, label)).message();
    const first = await vote('Tea');
    expect([first.ephemeral, first.text]).toEqual([true, expect.stringContaining(`#${id}: **Tea**`)]);
    await message.until(({ text }) => text.includes('100% · 1 vote'));
    expect((await vote('Coffee')).text).toContain('**Coffee**');
    await message.until(({ text }) => /Coffee\n.*100% · 1 vote/.test(text));
    expect((await vote('Coffee')).text).toContain('back');
    await message.until(({ text }) => text.includes('0 voters'));
    await vote('Tea');
    const closed = await scene().ask('poll close', { poll: Number(id) });
    expect(closed.text).toContain('is closed');
    await message.until(isClosed);
    expect(message.text).toContain('Winner: **Tea** with 1 vote');
    const late = await (await voter.pressCustomId(message, `vote:${id}:1`)).message();
    expect([late.ephemeral, late.text]).toEqual([true, expect.stringContaining('is closed')]);
    const twice = await scene().ask('poll close', { poll: Number(id) });
    expect(twice.text).toContain('already closed');
  });

  test('several choices up to the maximum', async () => {
    const { voter } = scene();
    const poll = await scene().poll(scene().channel('votes'), { options: 'A | B | C', max_choices: 2 });
    await (await voter.press(poll.message, 'A')).message();
    expect((await (await voter.press(poll.message, 'C')).message()).text).toContain('**A**, **C**');
    const third = await (await voter.press(poll.message, 'B')).message();
    expect(third.text).toContain('allows 2 choices');
    await poll.message.until(
      ({ text }) => text.includes('1 voter') && (text.match(/100% · 1 vote/g) ?? []).length === 2,
    );
  });

  test('an anonymous poll shows no tally before it closes, nowhere', async () => {
    const { voter } = scene();
    const poll = await scene().poll(scene().channel('votes'), { anonymous: true });
    await (await voter.press(poll.message, 'Tea')).message();
    const shown = await scene().ask('poll show', { poll: poll.id });
    for (const text of [shown.text, ...poll.message.versions.map(({ embeds }) => JSON.stringify(embeds))]) {
      expect(text).not.toMatch(/\d vote|voter|%/);
    }
    await scene().ask('poll close', { poll: poll.id });
    await poll.message.until(isClosed);
    expect(poll.message.text).toContain('Winner: **Tea** with 1 vote');
    expect(poll.message.text).not.toContain(voter.id);
  });

  test('a burst of a hundred votes makes few edits and the right tally', async () => {
    const { sandbox } = scene();
    const poll = await scene().poll(scene().channel('votes'));
    const people = Array.from({ length: 100 }, (_, index) => sandbox.person({ name: `Voter ${index}` }));
    sandbox.clearLog();
    // Real limits from here on: five edits in five seconds.
    sandbox.setLimits('true');
    const labels = people.map((_, index) => (index % 4 === 0 ? 'Tea' : 'Coffee'));
    await Promise.all(
      people.map(async (person, index) => {
        const answer = await (await person.press(poll.message, labels[index]!)).message(30_000);
        expect(answer.text).toContain(`**${labels[index]}**`);
      }),
    );
    await poll.message.until(({ text }) => text.includes('100 voters'), 20_000);
    expect(poll.message.text).toMatch(/Tea\n.*25% · 25 votes/);
    expect(poll.message.text).toMatch(/Coffee\n.*75% · 75 votes/);
    const edits = sandbox.requests.filter(
      ({ method, path }) => method === 'PATCH' && path.endsWith(poll.message.id),
    );
    expect(edits.length).toBeLessThanOrEqual(15);
    expect(edits.filter(({ status }) => status === 429)).toEqual([]);
    sandbox.setLimits({ scale: 0.02 });
  });

  test('opens and closes by itself, also where its time came unseen', async () => {
    const { voter } = scene();
    const poll = await scene().poll(scene().channel('votes'), { opens: '1h', closes: '2h' });
    expect(poll.message.buttons.every(({ disabled }) => disabled)).toBe(true);
    const early = await (await voter.press(poll.message, 'Tea', { force: true })).message();
    expect(early.text).toContain('is not open yet');
    scene().ahead = 61 * 60_000;
    await poll.message.until(isOpen, 15_000);
    await (await voter.press(poll.message, 'Tea')).message();
    scene().ahead = 121 * 60_000;
    await poll.message.until(isClosed, 15_000);
    const { text } = await poll.message.until((message) => message.text.includes('Winner'));
    expect(text).toContain('Winner: **Tea** with 1 vote');
    const late = `vote:${poll.id}:1`;
    expect((await (await voter.pressCustomId(poll.message, late)).message()).text).toContain('is closed');
    scene().ahead = 0;
  });

  test('pings its role once, when it opens, if the creator may mention it', async () => {
    const { guild, admin, sandbox } = scene();
    const channel = guild.addChannel(`pings-${Date.now()}`);
    const role = guild.addRole('Fans', { mentionable: true });
    const later = await scene().poll(channel, { opens: '1h', ping_role: role.id });
    const pings = () => channel.messages.filter(({ mentions }) => mentions.roles.includes(role.id));
    expect(pings()).toEqual([]);
    scene().ahead = 61 * 60_000;
    const ping = await channel.until(({ mentions }) => mentions.roles.includes(role.id), 20_000);
    expect(ping.content).toContain(`Poll #${later.id} is open`);
    await later.message.until(isOpen);
    await (await scene().voter.press(later.message, 'Tea')).message();
    await later.message.until(({ text }) => text.includes('1 voter'));
    await scene().ask('poll close', { poll: later.id });
    await later.message.until(isClosed);
    expect(pings()).toHaveLength(1);
    scene().ahead = 0;
    const secret = guild.addRole('Secret');
    const refused = await (
      await admin.slash(channel, 'poll create', { question: 'Q?', options: 'A | B', ping_role: secret.id })
    ).message();
    expect(refused.text).toContain('You may not mention');
    const mighty = sandbox.person({
      name: 'Meg',
      permissions: permission.manageGuild | permission.mentionEveryone,
    });
    const ask = async () =>
      await (
        await mighty.slash(channel, 'poll create', { question: 'Q?', options: 'A | B', ping_role: secret.id })
      ).message();
    expect((await ask()).text).toContain('Gavel may not mention');
    sandbox.setBotPermissions(guild.id, usualBotPermissions | permission.mentionEveryone);
    await ask();
    await channel.until(({ mentions }) => mentions.roles.includes(secret.id), 20_000);
  });

  test('reads times in the zone that is given with them', async () => {
    const channel = scene().channel('votes');
    const berlin = await scene().poll(channel, { closes: '2031-07-01 18:00', timezone: 'Europe/Berlin' });
    const seconds = Date.parse('2031-07-01T16:00:00Z') / 1000;
    expect(berlin.message.text).toContain(`<t:${seconds}:`);
    expect(berlin.message.text).toContain('2031-07-01 18:00 Europe/Berlin');
    const utc = await scene().poll(channel, { closes: '2031-07-01 18:00' });
    expect(utc.message.text).toContain(`<t:${Date.parse('2031-07-01T18:00:00Z') / 1000}:`);
    const skipped = await scene().ask('poll create', {
      question: 'When?',
      options: 'A | B',
      closes: '2031-03-30 02:30',
      timezone: 'Europe/Berlin',
    });
    expect(skipped.text).toContain('does not exist in Europe/Berlin');
  });

  test('a vote that is delivered twice counts once', async () => {
    const { voter, sandbox } = scene();
    const poll = await scene().poll(scene().channel('votes'));
    const reply = await voter.press(poll.message, 'Tea');
    await reply.message();
    sandbox.deliver(reply.interaction);
    await poll.message.until(({ text }) => text.includes('1 voter'));
    await (await sandbox.person().press(poll.message, 'Tea')).message();
    await poll.message.until(({ text }) => text.includes('2 voters'));
  });
});
