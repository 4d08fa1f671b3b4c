import { type Selectable, sql } from 'kysely';
import type { OperationTable } from '../db/schema.ts';

/**
 * The life of an operation.
 *
 *                        ┌───────────────resume──────────────┐
 *                        ▼                                   │
 *   draft ──confirm──► queued ──admit──► running ──pause──► paused
 *     │                  │                 │ │                  │
 *     └► discarded       └────► cancelling ◄─┼─────cancel───────┘
 *                                   │        │
 *                                cancelled   └► completed | completed with failures | timed out | failed
 *
 * A retry starts at `queued`. Each arrow is one guarded UPDATE; what runs is decided by rows alone.
 */
export type OperationState = OperationRow['state'];
export type OperationRow = Selectable<OperationTable>;

/** A process that owns the operation confirms the draft and takes every later arrow. */
export const openStates = ['queued', 'running', 'paused', 'cancelling'] as const satisfies OperationState[];
/** The states that occupy one of the `BULK_MAX_CONCURRENT` slots. */
export const slotStates = ['running', 'cancelling'] as const satisfies OperationState[];

export type ResultState = Exclude<OperationState, 'draft' | 'discarded' | (typeof openStates)[number]>;

export function isOpen(state: OperationState): boolean {
  return (openStates as readonly string[]).includes(state);
}

export function isResult(state: OperationState): state is ResultState {
  return state !== 'draft' && state !== 'discarded' && !isOpen(state);
}

/** The result of an operation that ran to its end. */
export function resultOf(counts: { failed: number }): ResultState {
  return counts.failed === 0 ? 'completed' : 'completed with failures';
}

/** The change that adds the pause that ends `now` to the time that does not count as running. */
export function clockGoesOn(now: Date) {
  const paused = sql<number>`paused_ms + coalesce(extract(epoch from (${now}::timestamptz - paused_at)) * 1000, 0)::bigint`;
  return { paused_ms: paused, paused_at: null };
}

/** How long it has been running, in milliseconds, without the time that it stood paused. */
export function runningMs(operation: OperationRow, now: Date): number {
  if (!operation.started_at) return 0;
  const end = operation.finished_at ?? operation.paused_at ?? now;
  return Math.max(0, end.getTime() - operation.started_at.getTime() - operation.paused_ms);
}
