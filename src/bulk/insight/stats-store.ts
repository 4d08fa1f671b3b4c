import { sql } from 'kysely';
import { DateTime } from 'luxon';
import type { Db } from '../../db/schema.ts';
import type { Scope } from '../../polls/scope.ts';
import type { ResultState } from '../operation.ts';
import { visibleTo } from '../visible-operations.ts';

/** What an operation is counted as: its result, or `open` if it has none yet. */
export type ResultOrOpen = ResultState | 'open';

export interface KindStats {
  readonly kind: string;
  readonly operations: number;
  readonly outcomes: Readonly<Partial<Record<ResultOrOpen, number>>>;
  /** Numbers of polls by what became of them. */
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  /** Milliseconds that ended operations ran for each poll that they tried; null if they tried none. */
  readonly meanMsPerPoll: number | null;
}

export interface Stats {
  readonly from: Date;
  readonly to: Date;
  /** How the time is divided for the chart, in UTC. */
  readonly unit: 'hour' | 'day' | 'week' | 'month';
  /** Most used first. */
  readonly kinds: readonly KindStats[];
  /** The whole time without gaps, oldest first. */
  readonly buckets: readonly {
    readonly start: Date;
    readonly outcomes: Partial<Record<ResultOrOpen, number>>;
  }[];
  /** Failed polls by cause, most first. */
  readonly errors: readonly {
    readonly message: string;
    readonly code: string | null;
    readonly count: number;
  }[];
  /** Operations confirmed in each hour of the day, UTC: 24 numbers. */
  readonly hours: readonly number[];
}

const dayMs = 24 * 60 * 60_000;
const shownErrors = 5;

/**
 * Counts the operations that were confirmed within the last `days` days and that this scope may see, and their polls.
 */
export async function readStats(db: Db, scope: Scope, days: number, now: Date): Promise<Stats> {
  const from = new Date(now.getTime() - days * dayMs);
  const unit = days <= 2 ? 'hour' : days <= 92 ? 'day' : days <= 730 ? 'week' : 'month';
  const recent = sql`operations where confirmed_at > ${from} and confirmed_at <= ${now} and ${visibleTo(scope)}`;
  const outcome = sql`case when finished_at is null then 'open' else state end`;
  const { rows: times } = await sql<{
    kind: string;
    outcome: ResultOrOpen;
    start: Date;
    hour: number;
    count: number;
  }>`
    select kind, ${outcome} as outcome, date_trunc(${unit}, confirmed_at, 'UTC') as start,
      extract(hour from confirmed_at at time zone 'UTC')::int as hour, count(*) as count
    from ${recent} group by 1, 2, 3, 4`.execute(db);
  const { rows: polls } = await sql<PollCounts>`
    select kind, sum(items.done) as done, sum(items.failed) as failed, sum(items.skipped) as skipped,
      sum(items.done + items.failed) filter (where ended.ms is not null) as tried, sum(ended.ms)::float8 as ms
    from (select * from ${recent}) as operations
      cross join lateral (
        select count(*) filter (where item.state = 'done') as done,
          count(*) filter (where item.state = 'failed') as failed,
          count(*) filter (where item.state = 'skipped') as skipped
        from operation_items as item where item.operation_id = operations.id
      ) as items
      cross join lateral (
        select case when finished_at is not null
          then greatest(0, extract(epoch from finished_at - started_at) * 1000 - paused_ms) end as ms
      ) as ended
    group by kind`.execute(db);
  const { rows: errors } = await sql<Stats['errors'][number]>`
    select regexp_replace(coalesce(item.message, 'unknown'), '<#[0-9]+>', 'a channel', 'g') as message, item.code,
      count(*) as count
    from operation_items as item
    where item.state = 'failed' and item.operation_id in (select id from ${recent})
    group by 1, 2 order by count desc, message, code limit ${shownErrors}`.execute(db);
  return {
    from,
    to: now,
    unit,
    kinds: kindStats(times, polls),
    buckets: filled(times, from, now, unit),
    errors,
    hours: Array.from({ length: 24 }, (_, hour) => sum(times.filter((row) => row.hour === hour))),
  };
}

interface PollCounts {
  readonly kind: string;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly tried: number | null;
  readonly ms: number | null;
}

type Counted = {
  readonly kind: string;
  readonly outcome: ResultOrOpen;
  readonly start: Date;
  readonly count: number;
};

function kindStats(times: readonly Counted[], polls: readonly PollCounts[]): KindStats[] {
  return polls
    .map(({ kind, done, failed, skipped, tried, ms }) => {
      const own = times.filter((row) => row.kind === kind);
      const meanMsPerPoll = tried && ms !== null ? ms / tried : null;
      return { kind, operations: sum(own), outcomes: byOutcome(own), done, failed, skipped, meanMsPerPoll };
    })
    .sort((a, b) => b.operations - a.operations || a.kind.localeCompare(b.kind));
}

function filled(times: readonly Counted[], from: Date, to: Date, unit: Stats['unit']): Stats['buckets'] {
  const byStart = Map.groupBy(times, (row) => row.start.getTime());
  const buckets: Stats['buckets'][number][] = [];
  for (
    let start = DateTime.fromJSDate(from, { zone: 'UTC' }).startOf(unit);
    start.toMillis() <= to.getTime();
    start = start.plus({ [unit]: 1 })
  ) {
    buckets.push({ start: start.toJSDate(), outcomes: byOutcome(byStart.get(start.toMillis()) ?? []) });
  }
  return buckets;
}

function byOutcome(rows: readonly Counted[]): Partial<Record<ResultOrOpen, number>> {
  const counts: Partial<Record<ResultOrOpen, number>> = {};
  for (const { outcome, count } of rows) counts[outcome] = (counts[outcome] ?? 0) + count;
  return counts;
}

function sum(rows: readonly { readonly count: number }[]): number {
  return rows.reduce((total, { count }) => total + count, 0);
}
