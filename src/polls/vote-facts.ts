import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

/** What a poll's votes stand in the way of. */
export interface VoteFacts {
  /** How many people voted. */
  readonly voters: number;
  /** The most options that one of them chose; 0 without votes. */
  readonly mostChosen: number;
}

const noVotes: VoteFacts = { voters: 0, mostChosen: 0 };

/** The facts of each of these polls. Ids are those of polls that a scope has already let through. */
export async function voteFacts(db: Db, ids: readonly number[]): Promise<Map<number, VoteFacts>> {
  const { rows } = await sql<VoteFacts & { id: number }>`
    select poll_id as id, count(*)::int as voters, max(chosen)::int as "mostChosen"
    from (
      select poll_id, count(*) as chosen from votes where poll_id = any(${[...ids]}::int[])
      group by poll_id, user_id
    ) as people
    group by poll_id`.execute(db);
  const known = new Map(rows.map(({ id, ...facts }) => [id, facts]));
  return new Map(ids.map((id) => [id, known.get(id) ?? noVotes]));
}
