import { sql } from 'kysely';
import { createLogger } from '../../../src/base/log.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import { verifyChain } from '../../../src/bulk/audit/audit-chain.ts';
import { openDatabase } from '../../../src/db/database.ts';
import type { Db } from '../../../src/db/schema.ts';
import { renderPoll } from '../../../src/polls/message.ts';
import { loadPolls, tallies } from '../../../src/polls/poll-store.ts';
import { everyServer } from '../../../src/polls/scope.ts';

/** A poll's row, and what its message must show; null if it is deleted. */
export interface PollRow {
  readonly id: number;
  readonly status: 'scheduled' | 'active' | 'closed';
  readonly timezone: string;
  readonly anonymous: boolean;
  readonly max_choices: number;
  readonly deleted: boolean;
  readonly message_id: string | null;
  readonly message_gone: boolean;
  readonly parked: boolean;
  readonly behind: boolean;
  readonly ping_pending: boolean;
  readonly held_by: number | null;
  readonly shows: MessageBody | null;
}

export interface ItemRow {
  readonly operation_id: number;
  readonly poll_id: number;
  readonly state: 'excluded' | 'planned' | 'applied' | 'done' | 'failed' | 'skipped';
  readonly code: string | null;
  readonly message: string | null;
  readonly remark: string | null;
  readonly changed: boolean;
}

export interface OperationRow {
  readonly id: number;
  readonly kind: string;
  readonly state: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly total: number;
  readonly retry_of: number | null;
  readonly undo_of: number | null;
  readonly result_shown: boolean;
  readonly failure: string | null;
}

/** Everything that a round compares, read at one moment. */
export interface Rows {
  readonly polls: readonly PollRow[];
  readonly votes: readonly {
    readonly poll_id: number;
    readonly position: number;
    readonly user_id: string;
  }[];
  /** Confirmed operations, in the order of their confirmation. */
  readonly operations: readonly OperationRow[];
  readonly items: readonly ItemRow[];
  readonly audit: readonly { readonly operation_id: number | null; readonly event: string }[];
  /** Why the audit chain does not hold; null: it does. */
  readonly brokenChain: string | null;
}

/** Reads the rows; of an embedded database only while no bot uses it. */
export async function readRows(env: Readonly<Record<string, string>>): Promise<Rows> {
  const { DATABASE_URL: databaseUrl = null, DATA_DIR: dataDir = '' } = env;
  const database = await openDatabase({ databaseUrl, dataDir }, createLogger('silent'));
  try {
    return await database.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute((trx) => read(trx));
  } finally {
    await database.close();
  }
}

async function read(db: Db): Promise<Rows> {
  const { rows: polls } = await sql<Omit<PollRow, 'shows'>>`
    select id, status, timezone, anonymous, max_choices, deleted_at is not null as deleted, message_id, message_gone,
      parked_code is not null as parked, shown_revision < revision as behind,
      ping_pending and status = 'active' and deleted_at is null as ping_pending, held_by
    from polls order by id`.execute(db);
  const ids = polls.map(({ id }) => id);
  const loaded = await loadPolls(db, everyServer, ids);
  const counts = await tallies(db, ids);
  const { rows: operations } = await sql<OperationRow>`
    select id, kind, state, params, total, retry_of, undo_of, result_shown, failure
    from operations where confirmed_at is not null order by confirmed_at, id`.execute(db);
  const { rows: items } = await sql<ItemRow>`
    select operation_id, poll_id, item.state, code, message, remark, before is not null as changed
    from operation_items as item join operations as operation on operation.id = operation_id
    where confirmed_at is not null order by operation_id, poll_id`.execute(db);
  const { rows: votes } = await sql<Rows['votes'][number]>`
    select poll_id, position, user_id from votes`.execute(db);
  const { rows: audit } = await sql<Rows['audit'][number]>`
    select operation_id, event from audit order by id`.execute(db);
  const { broken } = await verifyChain(db);
  return {
    polls: polls.map((poll) => ({
      ...poll,
      shows: poll.deleted ? null : renderPoll(loaded.get(poll.id)!, counts.get(poll.id)!),
    })),
    votes,
    operations,
    items,
    audit,
    brokenChain: broken && `row ${broken.id}: ${broken.why}`,
  };
}
