import { sql } from 'kysely';
import type { Db } from '../../../../src/db/schema.ts';
import { withoutIndexes } from './without-indexes.ts';

/** How many polls there are, and how many of them are the admin's. */
export interface SeedSize {
  readonly polls: number;
  /** The polls of the admin's server, spread evenly among the others. */
  readonly own: number;
}

/** The admin's server. */
export const ownGuild = '700000000000000000';

/**
 * What the benchmark looks for. Each stands equally often in the admin's server, whatever its size; only `common` is
 * in 1 of 10.
 */
export const sought = {
  /** In 100 polls of the server. */
  rare: 'zanzibar',
  /** In 1000. */
  thousand: 'quarterfinal',
  /** In about one poll of ten, everywhere. */
  common: 'tournament',
  /** In 25 polls of the server and in one of ten elsewhere. */
  elsewhere: 'harvest',
  /** Two letters that many polls have. */
  twoLetters: 'ba',
  /** Two letters that no poll has. */
  noTwoLetters: 'qj',
} as const;

/** A channel of the admin's server with 1000 polls. */
export const ownChannel = `${ownGuild.slice(0, 15)}100`;

const chunk = 50_000;
const words = 1000;
const otherGuilds = 300;

/** Fills an empty, migrated database by set-based statements, the same in every run, and analyzes it. */
export async function seedPolls(db: Db, { polls, own }: SeedSize, now: Date): Promise<void> {
  await withoutIndexes(db, 'polls', async () => {
    for (let first = 1; first <= polls; first += chunk) {
      const last = Math.min(first + chunk - 1, polls);
      await db.transaction().execute(async (trx) => {
        // Checking each reference would take longer than all the rest.
        await sql`set local session_replication_role = replica`.execute(trx);
        await insertPolls(trx, { first, last, polls, own, now });
        await insertOptionsAndVotes(trx, first, last);
      });
    }
  });
  await sql`select setval(pg_get_serial_sequence('polls', 'id'), ${polls})`.execute(db);
  // As autovacuum would leave it: it knows about the columns, and which pages hold only visible rows.
  for (const table of ['polls', 'poll_options', 'votes']) {
    await sql`vacuum analyze ${sql.table(table)}`.execute(db);
  }
}

interface Chunk extends SeedSize {
  readonly first: number;
  readonly last: number;
  readonly now: Date;
}

async function insertPolls(db: Db, { first, last, polls, own, now }: Chunk): Promise<void> {
  const step = Math.round(polls / own);
  // Words are drawn so that the first ones are common and the last ones rare.
  const word = (salt: number) =>
    sql`(${vocabulary}::text[])[1 + floor(${words} * power(${random(salt)}, 3))::int]`;
  const when = (days: string, salt: number) =>
    sql`${now}::timestamptz + ${days}::interval * (0.01 + 0.99 * ${random(salt)})`;
  await sql`
    with numbered as (
      select i, i % ${step} = 0 as mine, i / ${step} as nth, ${random(1)} as draw,
        floor(${otherGuilds} * power(${random(2)}, 2))::int as server,
        ${now}::timestamptz - interval '730 days' * (1 - i::float8 / ${polls}) as created
      from generate_series(${first}::int, ${last}::int) as i
    ), placed as (
      select *,
        case when draw < 0.75 then 'closed' when draw < 0.95 then 'active' else 'scheduled' end as status,
        case when mine then ${ownGuild} else (710000000000000000 + server)::text end as guild,
        case when mine then ${ownGuild.slice(0, 15)} || (100 + nth / 10 % ${every(own, 1000)})::text
          else (720000000000000000 + server * 100 + i % 20)::text end as channel,
        case when mine then (730000000000000000 + floor(50 * power(${random(3)}, 2))::int)::text
          else (740000000000000000 + server * 100 + i % 10)::text end as creator,
        concat_ws(' ', ${word(11)}, ${word(12)}, ${word(13)}, ${word(14)}, ${word(15)}, ${word(16)},
          case when nth % ${every(own, 100)} = 0 then ${sought.rare} end,
          case when nth % ${every(own, 1000)} = 0 then ${sought.thousand} end,
          case when ${random(4)} < 0.1 then ${sought.common} end,
          case when mine then case when nth % ${every(own, 25)} = 0 then ${sought.elsewhere} end
            when ${random(5)} < 0.1 then ${sought.elsewhere} end,
          case when i % 50 = 0 then '🎉 опрос 投票' end) as text
      from numbered
    )
    insert into polls (id, question, question_folded, guild_id, channel_id, creator_id, status, opens_at, closes_at,
      closed_at, created_at, deleted_at, interaction_id, shown_revision, sent_revision, message_id)
    overriding system value
    select i, upper(left(text, 1)) || substr(text, 2) || '?', text || '?', guild, channel, creator, status,
      case when status = 'scheduled' then ${when('30 days', 6)} end,
      case when ${random(7)} < 0.25 then null
        when status = 'closed' then least(created + interval '30 days' * ${random(8)}, ${now}::timestamptz)
        when status = 'active' then ${when('60 days', 8)}
        else ${when('60 days', 8)} + interval '30 days' end,
      case when status = 'closed' then least(created + interval '30 days' * ${random(8)}, ${now}::timestamptz) end,
      created, case when ${random(9)} < 0.01 then ${now}::timestamptz - interval '29 days' * ${random(10)} end,
      'seed-' || i, 1, 1, (750000000000000000 + i)::text
    from placed`.execute(db);
}

/** Two to four options each, and votes on one poll in twenty. */
async function insertOptionsAndVotes(db: Db, first: number, last: number): Promise<void> {
  await sql`
    insert into poll_options (poll_id, position, label)
    select i, position, 'Option ' || position
    from generate_series(${first}::int, ${last}::int) as i, generate_series(0, 1 + i % 3) as position`.execute(
    db,
  );
  await sql`
    insert into votes (poll_id, position, user_id, created_at)
    select polls.id, voter % 2, (760000000000000000 + voter)::text, polls.created_at
    from polls, generate_series(1, 10) as voter
    where polls.id between ${first}::int and ${last}::int and polls.id % 20 = 0`.execute(db);
}

/** The distance between the server's polls that have it, so that `count` of them do. */
function every(own: number, count: number) {
  return sql.lit(Math.max(1, Math.round(own / count)));
}

/** Between 0 and 1, the same for the same row and salt. */
function random(salt: number) {
  return sql`((hashint4(i * 31 + ${sql.lit(salt)})::bigint & 2147483647) / 2147483648.0::float8)`;
}

/** Words made of syllables, a few excepted. The common ones come first. */
const vocabulary = Array.from({ length: words }, (_, index) => {
  const syllables = ['ba', 'den', 'fi', 'gor', 'lum', 'mas', 'nel', 'pra', 'sto', 'ver'];
  const digits = String(index * 7 + 100);
  return [...digits].map((digit) => syllables[Number(digit)]).join('');
});
