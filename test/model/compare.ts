import { expect } from 'vitest';
import type { Model, ModelOperation } from './model.ts';
import type { Reading } from './reading.ts';

/** Fails unless the database says of every poll and operation what the model says. */
export function compare(model: Model, { polls, operations }: Reading, what: string): void {
  const real = Object.fromEntries(polls.map(({ id, ...poll }) => [id, poll]));
  const wanted = [...model.polls.values()].filter(({ purged }) => !purged);
  expect(real, `polls after ${what}`).toEqual(
    Object.fromEntries(
      wanted.map(({ id, is: { since, ...is }, heldBy, votes }) => [
        id,
        { ...is, heldBy, votes: votes.map(({ user, option }) => `${user} ${option}`).sort() },
      ]),
    ),
  );
  const rows = new Map(operations.map((operation) => [operation.id, operation]));
  for (const operation of model.operations) {
    const row = rows.get(operation.id);
    // Previews that nobody confirmed are removed one day.
    if (!row && operation.state === 'draft') continue;
    const title = `Operation #${operation.id} (${operation.kind.name}) after ${what}`;
    expect(row?.items, title).toEqual(
      Object.fromEntries(operation.items.map(({ poll, state }) => [poll, state])),
    );
    expect(row?.state, title).toBe(operation.state);
    expect(row?.aside, `votes aside of ${title}`).toBe(asideOf(model, operation));
  }
}

function asideOf(model: Model, { aside, asideSince }: ModelOperation): number {
  const kept = [...aside, ...asideSince].filter(([poll]) => !model.polls.get(poll)!.purged);
  return kept.reduce((sum, [, votes]) => sum + votes.length, 0);
}
