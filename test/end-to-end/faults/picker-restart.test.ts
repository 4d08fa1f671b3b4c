import { describe, expect, test } from 'vitest';
import { type DatabaseKind, startScene } from '../../support/bot-scene.ts';
import { choosePolls, chosenIn, rowsOf, selectedIn } from '../support/picker-hand.ts';

describe.each<DatabaseKind>(['pglite', 'postgres'])('the picker on %s', (database) => {
  test('goes on after the bot was killed: its page, filters, order and selection are as they were', async () => {
    await using scene = await startScene({ database });
    const { admin } = scene;
    const place = scene.guild.channels[0]!.id;
    const polls = await scene.createPolls(30);
    const oldest = polls.map((poll) => poll.id);
    const picker = await scene.preview('select', { text: 'QUESTION' });
    await admin.choose(picker, 'Sort', ['oldest']);
    await choosePolls(admin, picker, oldest.slice(0, 3));
    await admin.press(picker, '▶');
    await admin.press(picker, 'Select page');
    expect(rowsOf(picker).ticked).toEqual(oldest.slice(25));

    await scene.bot.kill('SIGKILL');
    await scene.start();
    await admin.press(picker, '◀');
    expect([rowsOf(picker).ids, chosenIn(picker)]).toEqual([oldest.slice(0, 25), oldest.slice(0, 3)]);
    expect(picker.text).toMatch(/8 polls selected[\s\S]*Filters: text: QUESTION[\s\S]*oldest first/);
    await choosePolls(admin, picker, oldest.slice(1, 3));

    await scene.bot.kill('SIGTERM');
    await scene.start();
    const shown = await (await admin.slash(place, 'bulk selection show')).message();
    expect(selectedIn(shown)).toBe(7);
    const preview = await (await admin.press(picker, 'Close')).message();
    expect(preview.text).toContain('Close 7 polls');
    await admin.press(preview, 'Confirm');
    const progress = await scene.progress();
    await progress.until((message) => message.field('Done') === '7');
    const still = await (await admin.slash(place, 'bulk selection show')).message();
    expect(selectedIn(still)).toBe(7);
    expect(scene.sandbox.violations).toEqual([]);
  });
});

test('two processes on one database lose no press of a picker, whichever of them gets it', async () => {
  await using scene = await startScene({ database: 'postgres', processes: 2 });
  const { admin } = scene;
  const ids = (await scene.createPolls(20)).map((poll) => poll.id);
  const picker = await scene.preview('select', {});
  await Promise.all(ids.map((id) => choosePolls(admin, picker, [id])));
  await picker.until((message) => selectedIn(message) === 20);
  expect(rowsOf(picker).ticked).toEqual(ids.toReversed());
  await Promise.all([admin.press(picker, 'Clear'), admin.choose(picker, 'Sort', ['oldest'])]);
  await picker.until((message) => selectedIn(message) === 0 && rowsOf(message).ids[0] === ids[0]);
  expect(scene.sandbox.violations).toEqual([]);
});

test('of two processes that hear of a press, the one that did it says what it did', async () => {
  await using scene = await startScene({ database: 'postgres', processes: 2 });
  const { admin } = scene;
  const ids = (await scene.createPolls(3)).map((poll) => poll.id);
  const picker = await scene.preview('select', {});
  const presses = [
    [() => admin.press(picker, 'Select page'), 'Added 3 polls'],
    [() => admin.press(picker, 'Clear'), 'Took off 3 polls'],
    [() => admin.press(picker, 'Select all matching'), '3 polls matched at that moment. Added 3 polls'],
    [() => choosePolls(admin, picker, ids.slice(1)), 'Took off 1 poll'],
  ] as const;
  for (const [press, words] of presses) {
    // Whoever has done it is slow to say so, and the other would be first.
    const callback = { method: 'POST', path: /^\/interactions\/.*\/callback$/ };
    const slow = scene.sandbox.faults.add({ match: callback, times: 1, delayMs: 400 });
    expect((await (await press()).message()).text).toContain(words);
    expect(slow.hits).toBe(1);
  }
  expect(scene.sandbox.violations).toEqual([]);
});
