import { expect, test } from 'vitest';
import { renderSelection } from '../../../src/bulk/selection/selection-embed.ts';
import { changeText, goneText } from '../../../src/bulk/selection/selection-text.ts';
import { poll } from '../../polls/poll-fixture.ts';

const names = { channel: () => null, server: () => '*'.repeat(100) };
/** Far apart, so that they are written one by one. */
const ids = Array.from({ length: 1000 }, (_, index) => 1_000_001 + 2 * index);

test('a thousand polls with the longest texts there are fit into what Discord shows', () => {
  for (const question of [
    '*'.repeat(1000),
    '\\_'.repeat(500),
    'م*'.repeat(500),
    `e${'\u0301'.repeat(300)}`,
  ]) {
    const polls = ids.map((id) => poll({ id, question, status: 'scheduled' }));
    const { content, embeds } = renderSelection({ ids, gone: ids }, polls, names);
    expect(content!.length).toBeLessThanOrEqual(2000);
    const { description } = embeds![0]!;
    expect(description!.length).toBeLessThanOrEqual(4096);
    // Twenty by name, then numbers, then how many more.
    expect(description).toContain(`**#${ids[19]}**`);
    expect(description).toMatch(/\nand #1000041, .* and \d+ more$/);
  }
});

test('what a change did is told in one message, however much it was', () => {
  const selection = { ids, gone: [] };
  const set = { selection, added: ids, removed: ids, unknown: ids.map((id) => id + 2e9), forgotten: [] };
  const add = { ...set, removed: [], forgotten: ids };
  for (const change of [set, add]) expect(changeText(change).length).toBeLessThanOrEqual(1500);
  expect(goneText({ ids: [], gone: ids })!.length).toBeLessThanOrEqual(300);
});
