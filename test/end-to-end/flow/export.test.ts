import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import type { Reply } from '../../../sandbox/people/reply.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll, FlowScene } from '../flow-scene.ts';
import { expectCountsToAddUp, numberOf, resultOf } from '../progress-frames.ts';

/** `/bulk export` and `Confirm`. */
async function exporting(
  scene: FlowScene,
  options: Record<string, string | boolean>,
  by: Person = scene.admin,
): Promise<{ reply: Reply; progress: SandboxMessage; previewed: string }> {
  const preview = await scene.ask('bulk export', options, by);
  const previewed = preview.text;
  const reply = await by.press(preview, 'Confirm');
  return { reply, previewed, progress: await reply.message() };
}

function withFile(message: SandboxMessage): boolean {
  return message.attachments.length > 0;
}

function textOf({ attachments: [file] }: SandboxMessage): string {
  return (file!.name.endsWith('.gz') ? gunzipSync(file!.data) : file!.data).toString();
}

const questions = [
  '=HYPERLINK("http://evil.example","click")',
  '+1-2',
  '@SUM(A1)',
  'Quotes "and", commas; and\u00a0more',
  'מה? \u202Eabc 😀👨‍👩‍👧‍👦 é',
  '😀'.repeat(300),
  '**bold** @everyone <@&12345678901234567>',
];

describeFlow('exporting many polls', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('goes from preview to a private file that says what the polls say, and touches no poll', async () => {
    const { guild, admin, voter, sandbox } = scene();
    const polls: FlowPoll[] = [];
    for (const question of questions) {
      polls.push(await scene().poll(guild.channel('votes'), { question, timezone: 'Asia/Tokyo' }));
    }
    // One edit for each vote: none is left to be made during the export.
    await voter.press(polls[0]!.message, 'Tea');
    await polls[0]!.message.until((message) => message.text.includes('1 voter'));
    await admin.press(polls[0]!.message, 'Coffee');
    await polls[0]!.message.until((message) => message.text.includes('2 voters'));
    const range = `${polls[0]!.id}-${polls.at(-1)!.id}`;
    const requests = sandbox.requests.length;
    const { reply, progress, previewed } = await exporting(scene(), {
      polls: range,
      format: 'json',
      voters: true,
    });
    expect(previewed).toContain(`Export ${questions.length} polls`);
    expect(previewed).toContain('voters: yes, except those of anonymous polls');
    expect(previewed).not.toContain('messages in');
    expect(progress.ephemeral).toBe(false);

    const answer = await reply.followUp(withFile);
    expect(answer.ephemeral).toBe(true);
    expect(answer.onlyFor).toBe(admin.id);
    expect(answer.attachments[0]!.name).toBe(`operation-${numberOf(progress)}-polls.json`);
    const rows = JSON.parse(textOf(answer));
    expect(rows.map((row: { question: string }) => row.question)).toEqual(questions);
    expect(rows[0]).toMatchObject({
      number: polls[0]!.id,
      status: 'active',
      server_id: guild.id,
      server: 'Home',
      channel: 'votes',
      creator_id: admin.id,
      link: `https://discord.com/channels/${guild.id}/${guild.channel('votes').id}/${polls[0]!.message.id}`,
      timezone: 'Asia/Tokyo',
      people: 2,
      options: [
        { text: 'Tea', votes: 1, voters: [voter.id] },
        { text: 'Coffee', votes: 1, voters: [admin.id] },
      ],
    });
    expect(rows[0].created_at_local).toMatch(/\+09:00$/);
    expect(Date.parse(rows[0].created_at_local)).toBe(Date.parse(rows[0].created_at));

    expect(await resultOf(progress)).toEqual({ word: 'completed', counts: [questions.length, 0, 0, 0] });
    expectCountsToAddUp(progress, questions.length);
    expect(progress.text).toContain(`operation-${numberOf(progress)}-polls.json, sent as a private reply`);
    expect(progress.button('Undo')).toBeUndefined();
    expect(reply.followUps.filter(withFile)).toHaveLength(1);
    const touched = sandbox.requests
      .slice(requests)
      .filter(({ path }) => polls.some(({ message }) => path.includes(message.id)));
    expect(touched).toEqual([]);
  });

  test('writes CSV that no spreadsheet takes for formulas, one row a poll', async () => {
    const { guild } = scene();
    const polls: FlowPoll[] = [];
    for (const question of questions) polls.push(await scene().poll(guild.channel('more'), { question }));
    const { reply } = await exporting(scene(), { polls: polls.map(({ id }) => id).join(' ') });
    const answer = await reply.followUp(withFile);
    expect(answer.attachments[0]!.name).toMatch(/\.csv$/);
    const rows = parse(textOf(answer), { columns: true }) as Record<string, string>[];
    expect(rows).toHaveLength(questions.length);
    for (const [index, row] of rows.entries()) {
      expect(row.question!.replace(/^'/, '')).toBe(questions[index]);
      for (const value of Object.values(row)) expect(value).not.toMatch(/^[=+@\t\r-]/);
    }
  });

  test('never says who voted in an anonymous poll, nor how before it is closed', async () => {
    const { guild, voter } = scene();
    const [open, ended] = await scene().polls(2, [guild.channel('votes')], { anonymous: true });
    for (const { message } of [open!, ended!]) {
      await (await voter.press(message, 'Tea')).message().catch(() => null);
    }
    await scene().ask('poll close', { poll: ended!.id });
    await ended!.message.until((message) => message.text.includes('1 vote'));
    const { reply } = await exporting(scene(), {
      polls: `${open!.id}-${ended!.id}`,
      format: 'json',
      voters: true,
    });
    const text = textOf(await reply.followUp(withFile));
    expect(text).not.toContain(voter.id);
    const [first, second] = JSON.parse(text);
    expect(first.options[0]).toEqual({ text: 'Tea', votes: null, voters: null });
    expect(second.options[0]).toEqual({ text: 'Tea', votes: 1, voters: null });
  });

  test('keeps private progress and its file private', async () => {
    const { guild, admin } = scene();
    const [poll] = await scene().polls(1, [guild.channel('votes')]);
    const before = guild.channel('general').messages.length;
    const { reply, progress } = await exporting(scene(), { polls: String(poll!.id), private: true });
    expect((await reply.followUp(withFile)).onlyFor).toBe(admin.id);
    expect(progress.ephemeral).toBe(true);
    expect((await resultOf(progress)).word).toBe('completed');
    expect(guild.channel('general').messages).toHaveLength(before);
  });

  test('sends the file directly where the press can no longer be answered', async () => {
    const { guild, admin, sandbox } = scene();
    const [poll] = await scene().polls(1, [guild.channel('votes')]);
    const fault = sandbox.faults.add({
      match: { method: 'POST', path: /^\/webhooks\// },
      status: 401,
      body: { code: 50027, message: 'Invalid Webhook Token' },
    });
    const { progress } = await exporting(scene(), { polls: String(poll!.id) });
    const direct = await admin.direct.until(withFile);
    expect(direct.attachments[0]!.name).toBe(`operation-${numberOf(progress)}-polls.csv`);
    expect((await resultOf(progress)).word).toBe('completed');
    expect(progress.text).toContain('sent by direct message');
    fault.remove();
  });

  test('says that the file could not be sent, and sends it to who presses Retry failed', async () => {
    const { guild, admin, sandbox } = scene();
    const polls = await scene().polls(2, [guild.channel('votes')]);
    const faults = [
      sandbox.faults.add({
        match: { method: 'POST', path: /^\/webhooks\// },
        status: 401,
        body: { code: 50027, message: 'Invalid Webhook Token' },
      }),
      sandbox.faults.add({
        match: { method: 'POST', path: new RegExp(`^/channels/${admin.direct.id}/messages`) },
        status: 403,
        body: { code: 50007, message: 'Cannot send messages to this user' },
      }),
    ];
    const { progress } = await exporting(scene(), { polls: polls.map(({ id }) => id).join(' ') });
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [0, 2, 0, 0] });
    expect(progress.text).toMatch(/the file could not be sent: .*Cannot send messages to this user.*50007/);
    for (const fault of faults) fault.remove();
    const reply = await admin.press(progress, 'Retry failed');
    const file = await reply.followUp(withFile);
    expect(parse(textOf(file), { columns: true })).toHaveLength(2);
    const again = await reply.message();
    expect(await resultOf(again)).toEqual({ word: 'completed', counts: [2, 0, 0, 0] });
  });

  test('sends the file at least once where answers are lost', async () => {
    const { guild, sandbox } = scene();
    const [poll] = await scene().polls(1, [guild.channel('votes')]);
    const lost = sandbox.faults.add({
      match: { method: 'POST', path: /^\/webhooks\/\d+\/[^/]+$/ },
      times: 1,
      loseRequest: true,
    });
    const { reply, progress } = await exporting(scene(), { polls: String(poll!.id) });
    await reply.followUp(withFile);
    expect(lost.hits).toBe(1);
    expect((await resultOf(progress)).word).toBe('completed');
    expect(reply.followUps.filter(withFile)).toHaveLength(1);
  });

  test('gives a server admin nothing of another server', async () => {
    const { guild, sandbox, admin, superAdmin } = scene();
    const elsewhere = sandbox.addGuild({ name: `Elsewhere ${Date.now()}`, channels: ['far'] });
    const own = await scene().poll(guild.channel('votes'), { question: 'Ours?' });
    const foreign = await scene().poll(elsewhere.channel('far'), { question: 'Theirs?' });
    const both = `${own.id} ${foreign.id}`;
    const mine = await exporting(scene(), { polls: both, format: 'json' }, admin);
    expect(JSON.parse(textOf(await mine.reply.followUp(withFile)))).toMatchObject([{ question: 'Ours?' }]);
    expect(mine.previewed).toContain(`not found: #${foreign.id}`);
    const all = await exporting(scene(), { polls: both, format: 'json' }, superAdmin);
    expect(JSON.parse(textOf(await all.reply.followUp(withFile)))).toHaveLength(2);
  });
});
