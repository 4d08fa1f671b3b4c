import { type Kysely, sql } from 'kysely';

/** The servers the bot is in, as the processes that have their shards tell: each process is told of its own only. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table servers (
      guild_id text primary key,
      name text not null,
      name_folded text not null
    )`.execute(db);
}
