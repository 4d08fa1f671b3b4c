import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

/** The operation, what it retries, and so on back to the first: for its polls and their votes all of these are one. */
export async function retryChain(db: Db, operationId: number): Promise<[number, ...number[]]> {
  const { rows } = await sql<{ id: number }>`
    with recursive chain as (
      select id, retry_of from operations where id = ${operationId}
      union all
      select earlier.id, earlier.retry_of from operations as earlier join chain on chain.retry_of = earlier.id)
    select id from chain where id <> ${operationId} order by id desc`.execute(db);
  return [operationId, ...rows.map((row) => row.id)];
}
