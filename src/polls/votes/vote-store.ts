import { sql } from 'kysely';
import { type Clock, systemClock } from '../../base/clock.ts';
import { greatestRowId, isRowId } from '../../db/row-id.ts';
import type { Db } from '../../db/schema.ts';
import { refusalText, type VotePress, type VoteRefusal, type VoteResult } from './vote.ts';

/** Something locked the poll's row for longer than any transaction should. None of the presses was cast. */
export class PollLocked extends Error {
  override readonly name = 'PollLocked';

  constructor(pollId: number) {
    super(`poll ${pollId} has been locked for too long`);
  }
}

/** The pause between two tries while the row is locked, in ms. An operation has it for some tenths of a second. */
const firstPauseMs = 10;
const longestPauseMs = 80;
/** How long to try at most, in ms. A server ends a transaction that sleeps well before this. */
const longestLockMs = 30_000;

/**
 * Casts presses on one poll, in their order, in one statement, whatever their number: all take effect or none. The
 * same interaction again changes nothing. So the statement may be repeated if nobody knows what became of it. While
 * something else has the poll's row locked, the statement is asked again and again, and holds no connection in
 * between. Throws `PollLocked` if that takes too long.
 */
export async function castVotes(
  db: Db,
  pollId: number,
  presses: readonly Omit<VotePress, 'pollId'>[],
  clock: Clock = systemClock,
): Promise<VoteResult[]> {
  if (!isRowId(pollId)) return presses.map(() => ({ type: 'not found' }));
  const since = clock.monotonic();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const rows = await cast(db, pollId, presses);
    if (rows[0]?.outcome !== 'busy') return rows.map((row) => resultOf(pollId, row));
    if (clock.monotonic() - since > longestLockMs) throw new PollLocked(pollId);
    await clock.sleep(pauseMs);
  }
}

/** One vote. */
export async function castVote(db: Db, { pollId, ...press }: VotePress): Promise<VoteResult> {
  const [result] = await castVotes(db, pollId, [press]);
  return result!;
}

async function cast(
  db: Db,
  pollId: number,
  presses: readonly Omit<VotePress, 'pollId'>[],
): Promise<CastRow[]> {
  const column = <K extends keyof (typeof presses)[number]>(key: K) => presses.map((press) => press[key]);
  const { rows } = await sql<CastRow>`
    select * from cast_votes(${pollId}, ${column('interactionId')}::text[], ${column('userId')}::text[],
      ${column('position').map(optionNumber)}::int[],
      ${column('serverId')}::text[], ${column('channelId')}::text[], ${column('messageId')}::text[])`.execute(
    db,
  );
  return rows;
}

type CastRow =
  | { readonly outcome: 'busy' | 'not found' }
  | {
      readonly outcome: VoteRefusal | 'added' | 'moved' | 'removed' | 'unchanged';
      readonly choices: number[];
      readonly labels: string[];
      readonly question: string;
      readonly max_choices: number;
      readonly opens_at: Date | null;
      readonly channel_id: string;
      readonly message_id: string | null;
    };

/** The number of an option. What is none becomes a number that no poll has. */
function optionNumber(position: number): number {
  return Number.isInteger(position) && position >= 0 && position <= greatestRowId ? position : -1;
}

function resultOf(id: number, row: CastRow): VoteResult {
  switch (row.outcome) {
    case 'busy':
    case 'not found':
      return { type: 'not found' };
    case 'added':
    case 'moved':
    case 'removed':
    case 'unchanged': {
      const poll = { id, channelId: row.channel_id, messageId: row.message_id };
      return { type: row.outcome, poll, choices: row.choices, labels: row.labels };
    }
    default: {
      const poll = { id, question: row.question, maxChoices: row.max_choices, opensAt: row.opens_at };
      return { type: 'refused', reason: refusalText(row.outcome, poll) };
    }
  }
}
