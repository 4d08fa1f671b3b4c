import { expect, test } from 'vitest';
import type { SandboxMessage } from '../../sandbox/message.ts';
import type { Person } from '../../sandbox/person.ts';
import type { OptionValues } from '../../sandbox/slash-data.ts';
import { describeFlow, type FlowScene, isClosed, isOpen, resultOf } from './flow-scene.ts';

/** Opens a picker and returns its message. */
function open(
  scene: FlowScene,
  options: OptionValues = {},
  by: Person = scene.admin,
): Promise<SandboxMessage> {
  return scene.ask('bulk select', options, by);
}

/** The numbers of the page's rows, and which of them are ticked. */
function rows(picker: SandboxMessage): { ids: number[]; ticked: number[] } {
  const found = [...picker.text.matchAll(/([☑☐]) \*\*#(\d+)\*\*/g)];
  return {
    ids: found.map((row) => Number(row[2])),
    ticked: found.filter((row) => row[1] === '☑').map((row) => Number(row[2])),
  };
}

function selectedIn(message: SandboxMessage): number {
  return Number(/(\d+) polls? selected/.exec(message.text)?.[1]);
}

describeFlow('the picker', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('sixty polls over three pages, two unselected by right-click, the rest closed: 58', async () => {
    const { admin } = scene();
    const channels = [scene().channel('votes'), scene().channel('more')];
    const polls = await scene().polls(70, channels);
    const newestFirst = polls.map((poll) => poll.id).reverse();
    const picker = await open(scene());
    expect(rows(picker).ids).toEqual(newestFirst.slice(0, 25));
    expect(picker.text).toContain('0 polls selected');

    await admin.press(picker, 'Select page');
    expect(rows(picker).ticked).toEqual(newestFirst.slice(0, 25));
    await admin.press(picker, '▶');
    expect(rows(picker)).toEqual({ ids: newestFirst.slice(25, 50), ticked: [] });
    await admin.press(picker, 'Select page');
    await admin.press(picker, '▶');
    expect(rows(picker).ids).toEqual(newestFirst.slice(50));
    await admin.choose(picker, 'Choose polls', newestFirst.slice(50, 60).map(String));
    expect(selectedIn(picker)).toBe(60);

    for (const id of [newestFirst[3]!, newestFirst[30]!]) {
      const { message } = polls.find((poll) => poll.id === id)!;
      const answer = await (await admin.contextMenu(message, 'Select poll')).message();
      expect(answer.text).toContain('is not selected any more');
      expect(answer.onlyFor).toBe(admin.id);
    }
    const preview = await (await admin.press(picker, 'Close')).message();
    expect(preview.text).toContain('Close 58 polls');
    const result = await resultOf(await (await admin.press(preview, 'Confirm')).message());
    expect(result).toEqual({ word: 'completed', counts: [58, 0, 0, 0] });
    const selected = newestFirst.slice(0, 60).filter((id) => id !== newestFirst[3] && id !== newestFirst[30]);
    for (const poll of polls) {
      expect(selected.includes(poll.id) ? isClosed(poll.message) : isOpen(poll.message)).toBe(true);
    }
    expect(selectedIn(await scene().ask('bulk selection show'))).toBe(58);
  });
});
