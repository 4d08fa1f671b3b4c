import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Loop } from '../base/loop.ts';
import type { Db } from '../db/schema.ts';
import { closeDue, type DuePoll, nextDue, openDue } from './due-store.ts';

/** The shortest pause between two looks, in ms, however much changes. */
const shortestMs = 1_000;
/** The longest pause, in ms. By then a change of another process is seen. */
const longestMs = 10_000;
/** A timer may fire a little early, and the database's clock is known to some milliseconds only. */
const slackMs = 20;

export interface SchedulerParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called for each poll that opened or closed, once that is committed. */
  refresh(poll: DuePoll): void;
}

/**
 * Opens and closes polls when their time comes, first those whose time came while nobody was running. In between it
 * sleeps until the next such time, or until this process changes a poll.
 */
export function createScheduler(parts: SchedulerParts): Loop {
  const { clock, log } = parts;
  return new Loop({
    clock,
    log,
    turn: () => openAndClose(parts),
    afterErrorMs: shortestMs,
    apartMs: shortestMs,
    failed: 'the scheduler cannot open and close polls; it keeps trying',
    recovered: 'the scheduler works again',
  });
}

/** Returns for how long there is nothing to do. */
async function openAndClose({ db, clock, log, refresh }: SchedulerParts): Promise<number> {
  const now = clock.now();
  const changed = [...(await openDue(db, now)), ...(await closeDue(db, now))];
  for (const poll of changed) refresh(poll);
  if (changed.length > 0) log.info({ polls: changed.length }, 'polls opened or closed at their time');
  const next = await nextDue(db);
  if (next === null) return longestMs;
  const dueMs = next.getTime() - clock.now().getTime();
  // It is due already: another process is at work on it, or an operation has just let go of it.
  return dueMs > 0 ? Math.min(dueMs + slackMs, longestMs) : shortestMs;
}
