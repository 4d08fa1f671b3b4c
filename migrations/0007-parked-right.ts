import { type Kysely, sql } from 'kysely';

/**
 * Which right Discord refused in the poll's channel (`src/delivery/rights.ts`); null where it refused this one poll. Of what
 * was refused before, the error code and what the message waits for tell it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table polls add column parked_right text`.execute(db);
  await sql`
    update polls set parked_right = case
      when parked_code in ('50001', '10003', '10004') then 'view'
      when parked_code in ('50083', '160005') then 'open'
      when parked_code = '50024' then 'post'
      when deleted_at is not null then 'delete'
      when message_id is null then 'post'
      else 'edit' end
    where parked_code in ('50001', '10003', '10004', '50083', '160005', '50024', '50013')`.execute(db);
}
