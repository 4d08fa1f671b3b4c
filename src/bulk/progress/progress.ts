import type { BulkDeletes } from '../../delivery/pace/bulk-delete-choice.ts';
import { estimate } from '../../delivery/pace/estimate.ts';
import { operationKind } from '../kinds/operation-kinds.ts';
import { runningMs } from '../operation.ts';
import type { ProgressRows } from './progress-store.ts';

/** What the rows mean at one moment. */
export interface Progress {
  /** 0 to 1 of the total. */
  readonly share: number;
  readonly total: number;
  readonly elapsedMs: number;
  /** Polls a second since the start; null before the first poll is done. */
  readonly rate: number | null;
  /** Milliseconds until every message is right, by Discord's limits; null when nothing is behind. */
  readonly remainingMs: number | null;
  readonly slowest: { readonly channelId: string; readonly ms: number } | null;
  /** Successes among the polls that were tried, 0 to 1. */
  readonly successRate: number | null;
}

/** Pure. `bulkDeletes`: where many messages may be deleted at once. */
export function progressOf(rows: ProgressRows, now: Date, bulkDeletes?: BulkDeletes): Progress {
  const total = rows.done + rows.failed + rows.skipped + rows.waiting;
  const settled = total - rows.waiting;
  const elapsedMs = runningMs(rows.operation, now);
  const remaining =
    rows.behind.length > 0
      ? estimate(rows.behind, now, {
          kind: operationKind(rows.operation.kind).delivery,
          bulkDeletes,
          ahead: rows.ahead,
        })
      : null;
  const tried = rows.done + rows.failed;
  return {
    share: total === 0 ? 1 : settled / total,
    total,
    elapsedMs,
    rate: rows.done > 0 && elapsedMs > 0 ? rows.done / (elapsedMs / 1000) : null,
    // The rest may have to wait for windows that are used up already. The plan's own estimate counts those.
    remainingMs: remaining && Math.max(remaining.expectedMs, rows.operation.estimate_ms - elapsedMs),
    slowest:
      remaining?.slowestChannelId != null
        ? { channelId: remaining.slowestChannelId, ms: remaining.slowestMs }
        : null,
    successRate: tried === 0 ? null : rows.done / tried,
  };
}

/** A text that changes exactly when the message would say something new, the passing of time aside. */
export function progressKey(rows: ProgressRows): string {
  const { operation, done, failed, skipped, committed, place } = rows;
  return JSON.stringify([operation.state, operation.resumed_at, done, failed, skipped, committed, place]);
}
