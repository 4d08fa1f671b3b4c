import { ComponentType } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { renderPicker } from '../../../src/bulk/selection/picker-embed.ts';
import type { Frame } from '../../../src/bulk/selection/picker-store.ts';
import type { PickerView } from '../../../src/bulk/selection/picker-view.ts';
import { changeText } from '../../../src/bulk/selection/selection-text.ts';
import { hostileTexts } from '../../polls/hostile-texts.ts';
import { poll } from '../../polls/poll-fixture.ts';

const ids = Array.from({ length: 25 }, (_, index) => 2_147_483_000 + 2 * index);
const many = Array.from({ length: 1000 }, (_, index) => 1_000_001 + 2 * index);

/** A full page of polls with this question, behind every filter there is, each as long as can be. */
function view(question: string, notice: string): PickerView {
  const shown = { ids, chosen: ids, first: null, last: null, page: 4000, more: true };
  const frame: Frame = { ...shown, number: 1, status: 'scheduled', order: 'closing', notice };
  const stars = '*'.repeat(500);
  const targets = { polls: '#'.repeat(500), server: '900000000000000001', channel: '9'.repeat(20) };
  const more = { creator: '9'.repeat(20), text: stars, created_before: stars, created_after: stars };
  return {
    picker: {
      id: 2_147_483_647,
      filter: { status: 'scheduled' },
      targets: { ...targets, ...more },
      order: 'closing',
      frames: [frame],
    },
    frame,
    rows: ids.map((id) => ({
      id,
      selected: true,
      poll: poll({ id, question, status: 'scheduled', anonymous: true }),
      votes: null,
    })),
    selection: { ids: many, gone: many },
    unlisted: 975,
    matching: { count: 10_000, more: true },
  };
}

const questions = [...hostileTexts.map(([, text]) => text), '*'.repeat(1000), 'م*'.repeat(500)];

test.each(['*', '👨‍👩‍👧‍👦', 'م*', '\\'])(
  'a page of whatever questions, on servers called %s, with every filter, is within Discord’s limits',
  (letter) => {
    const names = { channel: () => null, server: () => letter.repeat(100).slice(0, 100) };
    const done = {
      selection: { ids: many, gone: [] },
      added: many,
      removed: [],
      unknown: many,
      forgotten: [],
    };
    for (const question of questions) {
      const notice = `1000 polls matched at that moment. ${changeText(done)}`;
      const body = renderPicker(view(question, notice), names);
      const [embed] = body.embeds!;
      expect(body.content!.length).toBeLessThanOrEqual(2000);
      expect(embed!.description!.length).toBeLessThanOrEqual(4096);
      for (const id of ids) expect(embed!.description).toContain(`☑ **#${id}**`);
      expect(body.components).toHaveLength(5);
      const parts = body.components!.flatMap((row) => ('components' in row ? row.components : []));
      for (const part of parts) {
        expect('custom_id' in part && part.custom_id.length).toBeLessThanOrEqual(100);
        if (part.type === ComponentType.Button && 'label' in part)
          expect(part.label!.length).toBeLessThanOrEqual(80);
        if (part.type !== ComponentType.StringSelect) continue;
        for (const { label, description = '' } of part.options) {
          expect(Math.max(label.length, description.length)).toBeLessThanOrEqual(100);
          expect(label.isWellFormed() && description.isWellFormed()).toBe(true);
        }
      }
    }
  },
);
