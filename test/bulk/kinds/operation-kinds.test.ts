import { expect, test } from 'vitest';
import { defineKind, noParams } from '../../../src/bulk/kinds/define-kind.ts';
import { inToolbar, operationKinds, toolbarKinds } from '../../../src/bulk/kinds/operation-kinds.ts';
import { minutes, now, poll } from '../../polls/poll-fixture.ts';
import { changing } from '../changing.ts';

const words = { infinitive: 'Shift', present: 'Shifting', past: 'shifted' };
const shift = defineKind({
  name: 'shift',
  words,
  description: 'Move closing times',
  params: noParams,
  decide: (_poll, _params, at) => ({ closes_at: at }),
});

test('a kind states only what differs', () => {
  expect(shift).toMatchObject({
    toolbar: null,
    options: [],
    writesFiles: false,
    takesDeleted: false,
    delivery: 'show',
    repost: false,
    undoRefusal: null,
  });
  const bound = changing(shift.bind({ asked_at: now.toISOString() }));
  expect(bound).toMatchObject({ params: {}, destructive: false, setsVotesAside: false, notifies: false });
  expect(bound.phrase(1000)).toBeNull();
  expect(bound.details({ deletedRetentionDays: 30 })).toEqual([]);
  expect(bound.decide(poll(), minutes(5))).toEqual({ closes_at: minutes(5) });
});

test('the stored parameters of an operation mean the same when they are read again', () => {
  const asked_at = now.toISOString();
  const given: Record<string, Record<string, unknown>> = {
    close: { notify: true },
    reopen: { closes: '3d' },
    status: { to: 'scheduled', opens: '2h', closes: '2026-12-01 18:00' },
    settings: { timezone: 'europe/berlin', closes: ' None ' },
    export: { format: 'json' },
  };
  for (const kind of operationKinds) {
    const { params } = kind.bind({ ...given[kind.name], asked_at });
    expect(kind.bind(JSON.parse(JSON.stringify(params))).params).toEqual(params);
  }
});

test("the picker's toolbar has room for five kinds, and a sixth is refused by name", () => {
  expect(toolbarKinds.map(({ toolbar }) => toolbar)).toEqual([
    'Close',
    'Delete',
    'Reopen',
    'Settings',
    'Export',
  ]);
  const sixth = { ...shift, toolbar: 'Shift' };
  expect(inToolbar([...toolbarKinds, shift])).toHaveLength(5);
  expect(() => inToolbar([...operationKinds, sixth])).toThrow(/room for 5 kinds, not 6: .*, shift$/);
});
