import { type Kysely, sql } from 'kysely';

/**
 * Whether somebody asked Discord to remove the poll's message since it was last shown. If the poll comes back and the
 * message turns out to be gone, it was not deleted by hand.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table polls add column removal_tried boolean not null default false`.execute(db);
}
