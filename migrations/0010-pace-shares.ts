import { type Kysely, sql } from 'kysely';

/** How the processes of one bot share what Discord allows it in a second. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // A row a living process. All times are of the database's clock.
  // demand: requests in a window that it would have made. share: what it may make, until it says otherwise.
  // share_before, before_until: what it may have made in a window that has not ended yet.
  // lease_until: without a word from it, it is dead from then on, and its share free.
  // paused_until: Discord refused it for the bot's global limit: nobody sends anything.
  await sql`create table pace_shares (
    process text primary key,
    demand integer not null,
    share integer not null,
    share_before integer not null default 0,
    before_until timestamptz not null default 'epoch',
    lease_until timestamptz not null,
    paused_until timestamptz not null default 'epoch'
  )`.execute(db);
}
