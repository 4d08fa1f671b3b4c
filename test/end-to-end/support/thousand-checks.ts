import { expect } from 'vitest';
import { changed, expectEach, type PollState } from './poll-states.ts';
import type { DumpedPoll } from './polls-dump.ts';
import type { ThousandKind } from './thousand-kinds.ts';
import type { Ended, ThousandScene } from './thousand-scene.ts';

/** The kind's thousand polls are what it makes of them, row by row and to the eye; the other thousand are untouched. */
export function expectChanged(
  scene: ThousandScene,
  kind: ThousandKind,
  before: readonly PollState[],
  { span }: Ended,
): void {
  const after = scene.polls;
  expect(after).toHaveLength(before.length);
  expectEach(after, (is, index) => {
    const was = before[index]!;
    if (!isOf(kind, was)) return [is, was];
    const row = changed(was.row, 1, kind.becomes(was.row, is.row, span, scene.roleId));
    const votes = kind.resetsVotes ? [] : was.votes;
    return [rowsOf(is), rowsOf({ ...was, row, votes })];
  });
  const wrong = after.filter((poll) => isOf(kind, poll) && !looksRight(kind, poll));
  expect(wrong.map(({ row, message }) => [row.id, message?.text])).toEqual([]);
}

/**
 * Rows are as before but for version and revision, messages show what they showed. Where the message was deleted it is
 * another one; what is of no operation is untouched.
 */
export function expectRestored(scene: ThousandScene, kind: ThousandKind, before: readonly PollState[]): void {
  const after = scene.polls;
  expect(after).toHaveLength(before.length);
  expectEach(after, (is, index) => {
    const was = before[index]!;
    if (!isOf(kind, was)) return [is, was];
    const anew = kind.looks === null;
    const row = changed(was.row, 2, anew ? { message_id: is.row.message_id } : {});
    return [
      { ...rowsOf(is), picture: is.picture, sameMessage: is.message === was.message },
      { ...rowsOf({ ...was, row }), picture: was.picture, sameMessage: !anew },
    ];
  });
}

function isOf({ first }: ThousandKind, { row }: PollState): boolean {
  return row.id >= first && row.id < first + 1000;
}

/** Without what only says that something was sent, and when. */
function rowsOf({ row: { claim, tried_at, ...row }, options, votes }: DumpedPoll) {
  return { row, options, votes };
}

function looksRight({ looks }: ThousandKind, { message, row }: PollState): boolean {
  if (looks === null) return message === null;
  return message !== null && looks(message, row);
}
