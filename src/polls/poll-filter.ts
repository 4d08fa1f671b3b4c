import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import type { PollStatus } from './poll.ts';
import type { Scope } from './scope.ts';

/** Which polls are meant; everything given must hold. Deleted polls never match. */
export interface PollFilter {
  readonly ids?: readonly number[];
  readonly status?: PollStatus;
  readonly guildId?: string;
  readonly channelId?: string;
  readonly creatorId?: string;
  /** The question contains it, ignoring case. */
  readonly text?: string;
  readonly createdBefore?: Date;
  readonly createdAfter?: Date;
}

/** How many polls match, and the numbers of the first `limit` of them in ascending order. */
export async function matchPolls(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  limit: number,
): Promise<{ count: number; ids: number[] }> {
  const rows = await matching(db, scope, filter)
    .select('id')
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  if (rows.length <= limit) return { count: rows.length, ids: rows.map((row) => row.id) };
  const { count } = await matching(db, scope, filter)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return { count: Number(count), ids: rows.slice(0, limit).map((row) => row.id) };
}

function matching(db: Db, scope: Scope, filter: PollFilter) {
  return db
    .selectFrom('polls')
    .where('deleted_at', 'is', null)
    .$if(!scope.all, (q) => q.where('guild_id', '=', scope.all ? '' : scope.guildId))
    .$if(filter.ids !== undefined, (q) => q.where(sql<boolean>`id = any(${filter.ids}::int[])`))
    .$if(filter.status !== undefined, (q) => q.where('status', '=', filter.status!))
    .$if(filter.guildId !== undefined, (q) => q.where('guild_id', '=', filter.guildId!))
    .$if(filter.channelId !== undefined, (q) => q.where('channel_id', '=', filter.channelId!))
    .$if(filter.creatorId !== undefined, (q) => q.where('creator_id', '=', filter.creatorId!))
    .$if(filter.text !== undefined, (q) =>
      q.where(sql<boolean>`position(lower(${filter.text}) in lower(question)) > 0`),
    )
    .$if(filter.createdBefore !== undefined, (q) => q.where('created_at', '<', filter.createdBefore!))
    .$if(filter.createdAfter !== undefined, (q) => q.where('created_at', '>', filter.createdAfter!));
}
