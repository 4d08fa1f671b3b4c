import { type Kysely, sql } from 'kysely';

/** What a preview left out is told from the numbers that it did not find. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // missing: a number that was not found, or not by who asked. The preview alone names it.
  await sql`alter table operation_items drop constraint operation_items_state_check, add constraint
    operation_items_state_check check (state in ('missing', 'excluded', 'planned', 'applied', 'done', 'failed', 'skipped'))`.execute(
    db,
  );
  await sql`update operation_items set state = 'missing' where state = 'excluded' and version_seen = 0`.execute(
    db,
  );
}
