import { expect, test } from 'vitest';
import { withClockShifted } from '../../../sandbox/machine/database-faults/clock-shift.ts';
import { startScene } from '../../support/bot-scene.ts';
import { isClosed, isOpen, resultOf } from '../progress-frames.ts';

const hourMs = 3_600_000;

test.for([
  ['ahead', hourMs],
  ['behind', -hourMs],
] as const)(
  'a process whose clock is an hour %s closes polls at their time, counts votes and carries out operations',
  async ([, shiftMs]) => {
    await using scene = await startScene({
      database: 'postgres',
      processes: 0,
      env: { ...withClockShifted(shiftMs), BULK_CONFIRM_DELAY_SECONDS: '1' },
    });
    const bot = await scene.start();
    const channel = scene.guild.channels[0]!.id;
    const soon = await scene.createPoll(channel, { closes: '30m' });
    const later = await scene.createPoll(channel, { closes: '30m' });
    const opening = await scene.createPoll(channel, { opens: '30m' });
    const closesAt = await scene.inDatabase(async (db) => {
      const at = new Date(Date.now() + 2_000);
      await db.updateTable('polls').set({ closes_at: at }).where('id', '=', soon.id).execute();
      return at;
    });
    // A vote, which must count, also makes the scheduler look.
    const vote = await (await scene.admin.press(soon.message, 'Tea')).message();
    expect(vote.text).toContain('**Tea**');
    await soon.message.until(isClosed, 20_000);
    expect(soon.message.versions.findLast(({ at }) => at < closesAt.getTime())).toBeDefined();
    const lateMs = soon.message.versions.at(-1)!.at - closesAt.getTime();
    expect(lateMs).toBeGreaterThan(-50);
    expect(lateMs).toBeLessThan(5_000);
    expect(soon.message.text).toContain('Winner: **Tea** with 1 vote');
    const counted = await (await scene.admin.press(later.message, 'Coffee')).message();
    expect(counted.text).toContain('**Coffee**');
    expect(isOpen(later.message)).toBe(true);
    expect(opening.message.text).toContain('scheduled');
    const polls = await scene.createPolls(8);
    const preview = await scene.preview('close', { polls: polls.map(({ id }) => id).join(' ') });
    await preview.until((message) => message.button('Confirm')?.disabled !== true, 10_000);
    await scene.admin.press(preview, 'Confirm');
    const { word } = await resultOf(await scene.progress());
    expect(word).toBe('completed');
    const events = await scene.inDatabase((db) => db.selectFrom('audit').select('event').execute());
    expect(events.map(({ event }) => event)).not.toContain('taken over');
    expect(bot.problems()).toBe('');
  },
);

test('of two processes whose clocks are two hours apart neither takes anything from the other', async () => {
  await using scene = await startScene({ database: 'postgres', processes: 0 });
  const bots = [await scene.start(withClockShifted(hourMs)), await scene.start(withClockShifted(-hourMs))];
  const polls = await scene.createPolls(12, { closes: '30m' });
  for (let round = 0; round < 3; round += 1) {
    const some = polls.slice(round * 4, round * 4 + 4);
    await scene.admin.press(
      await scene.preview('close', { polls: some.map(({ id }) => id).join(' ') }),
      'Confirm',
    );
  }
  for (const operation of [1, 2, 3]) {
    expect((await resultOf(await scene.progress(operation))).word).toBe('completed');
  }
  const rows = await scene.inDatabase((db) => db.selectFrom('polls').select(['status', 'version']).execute());
  expect(new Set(rows.map(({ status, version }) => `${status} ${version}`))).toEqual(new Set(['closed 2']));
  const events = await scene.inDatabase((db) => db.selectFrom('audit').select('event').execute());
  expect(events.map(({ event }) => event)).not.toContain('taken over');
  expect(bots.map((bot) => bot.problems())).toEqual(['', '']);
});
