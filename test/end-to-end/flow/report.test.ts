import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { frames, numberOf, resultOf } from '../progress-frames.ts';

const columns = ['number', 'question', 'server', 'outcome', 'error code', 'message', 'attempts', 'duration'];

function csvOf(message: SandboxMessage): { rows: Record<string, string>[]; header: string[]; name: string } {
  const [file] = message.attachments;
  const [header, ...lines] = parse(file!.data, { bom: true }) as string[][];
  const rows = lines.map((line) => Object.fromEntries(line.map((value, index) => [header![index]!, value])));
  return { rows, header: header!, name: file!.name };
}

const questions = [
  '=HYPERLINK("http://evil.example","click")',
  '+1-2',
  '@SUM(A1)',
  '-2+3',
  'Quotes "and", commas; and; semicolons',
  'מה? 😀 é',
  'Plain?',
];

describeFlow('reports', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('hold one row a poll with outcome, cause, attempts and duration, and no formula', async () => {
    const { admin, guild, sandbox } = scene();
    const shut = guild.addChannel(`shut-${Date.now()}`);
    const polls = [];
    for (const question of questions) polls.push(await scene().poll(guild.channel('votes'), { question }));
    const failing = await scene().poll(shut, { question: 'Forbidden?' });
    const closedSince = polls.at(-1)!;
    sandbox.deny(shut.id);
    const preview = await scene().preview([...polls, failing]);
    await scene().ask('poll close', { poll: closedSince.id });
    const progress = await (await admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [6, 1, 1, 0] });
    const report = await (await admin.press(progress, 'Report')).message();
    expect(report.ephemeral).toBe(true);
    const { rows, header, name } = csvOf(report);
    expect(name).toMatch(/\.csv$/);
    expect(header).toEqual(columns);
    expect(rows.map(({ number }) => Number(number))).toEqual([...polls, failing].map(({ id }) => id));
    expect(rows.map(({ outcome }) => outcome)).toEqual([...Array(6).fill('done'), 'skipped', 'failed']);
    for (const row of rows) {
      expect(row.server).toBe('Home');
      for (const value of Object.values(row)) expect(value).not.toMatch(/^[=+@\t\r-]/);
    }
    rows.slice(0, 7).forEach((row, index) => {
      expect(row.question!.replace(/^'/, '')).toBe(questions[index]);
    });
    expect(rows[0]).toMatchObject({ 'error code': '', message: '', attempts: '1' });
    expect(Number(rows[0]!.duration)).toBeGreaterThanOrEqual(0);
    expect(rows[6]).toMatchObject({ message: 'already closed', 'error code': '' });
    expect(rows[7]).toMatchObject({
      'error code': '50001',
      message: `no access to #${shut.name}`,
      attempts: '1',
    });

    const json = await scene().ask('bulk report', { operation: numberOf(progress), format: 'json' });
    expect(json.attachments[0]!.name).toMatch(/\.json$/);
    const parsed = JSON.parse(json.attachments[0]!.data.toString());
    expect(parsed.map(({ question }: { question: string }) => question)).toEqual([
      ...questions,
      'Forbidden?',
    ]);
    const again = await scene().ask('bulk report', { operation: numberOf(progress) });
    expect(csvOf(again).rows).toEqual(rows);
  });

  test('and the result name what the preview left out, which counts nowhere, but no number that it did not find', async () => {
    const { admin, guild, sandbox } = scene();
    const polls = await scene().polls(3, [guild.channel('more')]);
    const [open, closedBefore, refused] = polls as [FlowPoll, FlowPoll, FlowPoll];
    await scene().ask('poll close', { poll: closedBefore.id });
    sandbox.faults.add({
      match: { method: 'PATCH', path: new RegExp(`/messages/${refused.message.id}$`) },
      times: 1,
      status: 403,
      body: { code: 50001, message: 'Missing Access' },
    });
    const numbers = [...polls.map(({ id }) => id), 99_999].join(',');
    const preview = await scene().ask('bulk close', { polls: numbers });
    expect([preview.field('To change'), preview.field('To skip')]).toEqual(['2', '2']);
    expect(preview.text).toContain('not found: #99999');
    const progress = await (await admin.press(preview, 'Confirm')).message();
    expect(await resultOf(progress)).toEqual({ word: 'completed with failures', counts: [1, 1, 0, 0] });
    expect(progress.text).toContain('Success rate: 50.0 %');
    expect(progress.text).toContain('Left out at the preview: 1 poll');
    expect(progress.text).toContain(`1 × already closed: #${closedBefore.id}`);
    expect(progress.text).not.toContain('99999');
    const report = csvOf(await scene().ask('bulk report', { operation: numberOf(progress) }));
    expect(report.rows.map(({ number, outcome }) => [Number(number), outcome])).toEqual([
      [open.id, 'done'],
      [closedBefore.id, 'left out'],
      [refused.id, 'failed'],
    ]);
    expect(report.rows[1]).toMatchObject({ message: 'already closed', 'error code': '', duration: '' });
    const retry = await (await admin.press(progress, 'Retry failed (1)')).message();
    expect(await resultOf(retry)).toEqual({ word: 'completed', counts: [1, 0, 0, 0] });
    expect(retry.text).not.toContain('Left out');

    const reopening = await scene().ask('bulk reopen', { polls: String(open.id) });
    await resultOf(await (await admin.press(reopening, 'Confirm')).message());
    const undoing = await scene().ask('bulk undo', { operation: numberOf(progress) });
    const undone = await (await admin.press(undoing, 'Confirm')).message();
    expect(await resultOf(undone)).toEqual({ word: 'completed', counts: [1, 0, 0, 0] });
    expect(undone.text).toContain('Left out at the preview: 1 poll');
    expect(undone.text).toContain(`conflict: changed since Operation #${numberOf(progress)}: #${open.id}`);
  });

  test('exist while the operation runs, and say what still waits', async () => {
    const { guild, sandbox } = scene();
    const polls = await scene().polls(4, [guild.channel('more')]);
    const released = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const fault = sandbox.faults.add({
      match: { method: 'PATCH', path: new RegExp(`^/channels/${guild.channel('more').id}/messages/`) },
      skip: 2,
      before: () => {
        reached.resolve();
        return released.promise;
      },
    });
    const progress = await scene().begin(polls);
    await reached.promise;
    const report = await scene().ask('bulk report', { operation: numberOf(progress) });
    expect(csvOf(report).rows.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'waiting', 'waiting']);
    const own = await scene().ask('bulk progress');
    expect(own.ephemeral).toBe(true);
    expect(own.text).toContain(`Operation #${numberOf(progress)}`);
    expect(frames(own).at(-1)).toEqual({ done: 2, failed: 0, skipped: 0, waiting: 2 });
    fault.remove();
    released.resolve();
    await resultOf(progress);
    const byNumber = await scene().ask('bulk progress', { operation: numberOf(progress) });
    expect(byNumber.ephemeral).toBe(true);
    expect(frames(byNumber).at(-1)).toEqual({ done: 4, failed: 0, skipped: 0, waiting: 0 });
    expect(byNumber.text).toContain('completed');
  });

  test('progress without an operation shows the latest of all to somebody who started none', async () => {
    const { superAdmin, sandbox } = scene();
    const progress = await scene().begin(await scene().polls(1, [scene().channel('votes')]));
    await resultOf(progress);
    const answer = await scene().ask('bulk progress', {}, superAdmin);
    expect([answer.ephemeral, numberOf(answer)]).toEqual([true, numberOf(progress)]);
    const elsewhere = sandbox.addGuild({ name: 'Elsewhere', channels: ['hall'] });
    const stranger = sandbox.person({
      name: 'Max',
      permissions: { [elsewhere.id]: permission.manageGuild },
    });
    const none = await (await stranger.slash(elsewhere.channel('hall'), 'bulk progress')).message();
    expect([none.ephemeral, none.text]).toEqual([
      true,
      expect.stringContaining('No operation has been started'),
    ]);
  });
});
