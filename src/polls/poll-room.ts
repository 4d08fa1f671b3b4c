import { sql } from 'kysely';
import { UserError } from '../base/errors.ts';
import type { Db } from '../db/schema.ts';

/**
 * Throws `UserError` if a server has as many polls as it may. Deleted ones count while they are kept: each is as much
 * work to keep as another.
 */
export async function assertRoomForPoll(db: Db, serverId: string, pollsPerServer: number): Promise<void> {
  const { rows } = await sql<{ full: boolean }>`
    select count(*) >= ${pollsPerServer}::int as full
    from (select from polls where guild_id = ${serverId} limit ${pollsPerServer}::int) as kept`.execute(db);
  if (!rows[0]?.full) return;
  throw new UserError(
    `This server has ${pollsPerServer} polls, as many as one server may have; deleted ones count until they are removed for good. No poll was created. Delete those that are no longer needed with \`/bulk delete\`, or ask whoever runs this bot to raise \`MAX_POLLS_PER_SERVER\`.`,
  );
}
