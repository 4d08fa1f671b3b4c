import type { Selectable } from 'kysely';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { PollTable, Schema } from '../../../src/db/schema.ts';
import { startLineProcess } from '../../support/child-process.ts';

/** A row in PostgreSQL's JSON: instants are text, `2026-12-01T17:00:00+00:00`. */
type InJson<Table> = {
  readonly [Column in keyof Table]: Table[Column] extends Date
    ? string
    : Table[Column] extends Date | null
      ? string | null
      : Table[Column];
};

export type PollRow = InJson<Selectable<PollTable>>;

/** All rows of a poll, and what its message has to show. */
export interface DumpedPoll {
  readonly row: PollRow;
  readonly options: readonly InJson<Schema['poll_options']>[];
  /** In the order in which they were cast. */
  readonly votes: readonly InJson<Schema['votes']>[];
  /** The message that the bot renders from these rows; null if the poll is deleted. */
  readonly shows: MessageBody | null;
}

/** Reads every poll, in the order of their numbers; an embedded database only while no bot uses it. */
export async function dumpPolls(env: Readonly<Record<string, string>>): Promise<DumpedPoll[]> {
  const program = new URL('dump-polls.ts', import.meta.url);
  const reading = startLineProcess(program, [env.DATABASE_URL ?? '', env.DATA_DIR ?? '']);
  const count = Number(await reading.line());
  const polls: DumpedPoll[] = [];
  for (let read = 0; read < count; read += 1) polls.push(JSON.parse(await reading.line()));
  return polls;
}
