import { describe, expect, test } from 'vitest';
import type { CustomId } from '../../../src/base/custom-ids/custom-id.ts';
import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';

const page = { offset: 20, limit: 10, type: 'close', status: 'completed with failures', adminId: null };

/** What messages that were posted long ago carry. In any other spelling their buttons would be dead. */
const posted = {
  vote: ['vote:12:3', { poll: 12, position: 3 }],
  pollList: ['poll-list:all:0', { status: 'all', after: 0 }],
  preview: ['preview:7:2', { operation: 7, page: 2 }],
  confirm: ['confirm:7', { operation: 7 }],
  discard: ['discard:7', { operation: 7 }],
  phrase: ['phrase:7', { operation: 7 }],
  pause: ['pause:7', { operation: 7 }],
  resume: ['resume:7', { operation: 7 }],
  cancel: ['cancel:7', { operation: 7 }],
  retry: ['retry:7', { operation: 7 }],
  undo: ['undo:7', { operation: 7 }],
  report: ['report:7', { operation: 7 }],
  historyBack: ['history-back:20:10:close:completed with failures:-', page],
  historyOn: ['history-on:20:10:close:completed with failures:-', page],
  pickBack: ['pick-back:3:9', { picker: 3, frame: 9 }],
  pickOn: ['pick-on:3:9', { picker: 3, frame: 9 }],
  pickPolls: ['pick-polls:3:9', { picker: 3, frame: 9 }],
  pickPage: ['pick-page:3:9', { picker: 3, frame: 9 }],
  pickAll: ['pick-all:3:9', { picker: 3, frame: 9 }],
  pickStatus: ['pick-status:3', { picker: 3 }],
  pickSort: ['pick-sort:3', { picker: 3 }],
  pickClear: ['pick-clear:3', { picker: 3 }],
  selected: ['selected:close', { kind: 'close' }],
  ask: ['ask:settings', { kind: 'settings' }],
  asked: ['asked:settings', { kind: 'settings' }],
} as const satisfies Record<keyof typeof customIds, readonly [string, object]>;

const all = Object.entries(customIds) as [keyof typeof customIds, CustomId<object>][];

describe('custom ids', () => {
  test.each(all)('%s is written as on the messages that are posted, and read back', (name, id) => {
    const [literal, values] = posted[name];
    expect(id.encode(values)).toBe(literal);
    expect(id.decode(literal)).toEqual(values);
  });

  test('each have an action of their own', () => {
    expect(new Set(all.map(([, { action }]) => action)).size).toBe(all.length);
  });

  test('of another action are not read', () => {
    for (const text of ['', ':', 'votes:1:2', 'vot', 'Vote:1:2', '__proto__:1', 'constructor', 'toString:1'])
      expect(all.map(([, id]) => id.decode(text))).toEqual(all.map(() => null));
  });

  test('that anybody made up read as numbers that nothing has', () => {
    const none = { operation: Number.NaN };
    for (const part of ['', 'x', '1.5', '1e3', '0x10', ' 1', '1 ', '+1', 'NaN', '9007199254740993', '１'])
      expect([part, customIds.confirm.decode(`confirm:${part}`)]).toEqual([part, none]);
    expect(customIds.confirm.decode('confirm')).toEqual(none);
    expect(customIds.confirm.decode(`confirm:${'9'.repeat(92)}`)).toEqual(none);
    expect(customIds.confirm.decode('confirm:1:2')).toEqual(none);
    expect(customIds.confirm.decode('confirm:-1')).toEqual({ operation: -1 });
    expect(customIds.vote.decode('vote:12:x')).toEqual({ poll: 12, position: Number.NaN });
    expect(customIds.ask.decode('ask')).toEqual({ kind: '' });
  });

  test('are refused where they could not be read back, or Discord would not take them', () => {
    expect(() => customIds.ask.encode({ kind: 'a:b' })).toThrow('no colon');
    expect(() => customIds.ask.encode({ kind: 'k'.repeat(97) })).toThrow('at most 100');
    expect(customIds.ask.encode({ kind: 'k'.repeat(96) })).toHaveLength(100);
  });
});
