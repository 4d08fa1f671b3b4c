import { sql } from 'kysely';
import type { Trx } from '../../db/transaction.ts';

/** Locks the rows of these polls until the transaction ends, in the order of their numbers, as everybody does. */
export async function lockPolls(trx: Trx, ids: readonly number[]): Promise<void> {
  await sql`select id from polls where id = any(${[...ids]}::int[]) order by id for update`.execute(trx);
}
