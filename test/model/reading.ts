import { sql } from 'kysely';
import type { Db } from '../../src/db/schema.ts';

/** The greatest numbers of an earlier run. What that run left does not concern this one. */
export interface Before {
  readonly polls: number;
  readonly operations: number;
}

export interface Reading {
  readonly polls: readonly ({ readonly id: number } & Record<string, unknown>)[];
  readonly operations: readonly {
    readonly id: number;
    readonly state: string;
    readonly total: number;
    readonly items: Record<string, string>;
    readonly aside: number;
  }[];
}

export async function readBefore(db: Db): Promise<Before> {
  const { rows } = await sql<Before>`
      select coalesce((select max(id) from polls), 0) as polls,
        coalesce((select max(id) from operations), 0) as operations`.execute(db);
  return rows[0]!;
}

/** Everything that the model has a word about, in one statement. */
export async function readWorld(db: Db, before: Before): Promise<Reading> {
  const { rows } = await sql<{ reading: Reading }>`
      select jsonb_build_object(
        'polls', (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'status', status, 'timezone', timezone,
            'anonymous', anonymous, 'max', max_choices, 'role', ping_role_id,
            'opensAt', round(extract(epoch from opens_at) * 1000), 'closesAt', round(extract(epoch from closes_at) * 1000),
            'closedAt', round(extract(epoch from closed_at) * 1000), 'deletedAt', round(extract(epoch from deleted_at) * 1000),
            'heldBy', held_by, 'votes', (select coalesce(jsonb_agg(user_id || ' ' || position order by user_id, position), '[]')
              from votes where poll_id = polls.id)) order by id), '[]') from polls where id > ${before.polls}),
        'operations', (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'state', state, 'total', total, 'items',
            (select jsonb_object_agg(poll_id, state) from operation_items where operation_id = operations.id),
            'aside', (select count(*) from votes_aside where operation_id = operations.id))
            order by id), '[]') from operations where id > ${before.operations})) as reading`.execute(db);
  return rows[0]!.reading;
}
