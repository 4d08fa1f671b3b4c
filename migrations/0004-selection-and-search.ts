import { type Kysely, sql } from 'kysely';

const atOnce = 5000;

/** Saved selections, open pickers, and what keeps finding polls fast when there are a million of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // On a large table an index takes longer than a statement may otherwise.
  await sql`set local statement_timeout = 0`.execute(db);
  // One selection a person and scope; `scope` is a server's id, or '' for all servers.
  await sql`
    create table selections (
      admin_id text not null,
      scope text not null,
      primary key (admin_id, scope)
    )`.execute(db);
  // No reference to polls: one that is deleted and purged is still reported as gone.
  await sql`
    create table selected_polls (
      admin_id text not null,
      scope text not null,
      poll_id integer not null,
      primary key (admin_id, scope, poll_id),
      foreign key (admin_id, scope) references selections (admin_id, scope) on delete cascade
    )`.execute(db);
  await sql`
    create table pickers (
      id integer generated always as identity primary key,
      interaction_id text not null unique,
      admin_id text not null,
      scope text not null,
      -- which polls it lists, and how that was written
      filter jsonb not null,
      targets jsonb not null,
      sort text not null,
      -- what was shown last, newest last: a press says on which of them it was made
      frames jsonb not null default '[]',
      used_at timestamptz not null
    )`.execute(db);
  await sql`create index pickers_used on pickers (used_at)`.execute(db);

  // The question as the text filter compares it: folded by the program, since lower() depends on the database's locale.
  await sql`alter table polls add column question_folded text not null default ''`.execute(db);
  await foldQuestions(db);
  await indexQuestions(db);

  // Each order and range of a list, with and without the filters that most lists have.
  const closing = `coalesce(closes_at, 'infinity'::timestamptz), id`;
  for (const [name, columns] of [
    ['polls_status', 'status, id'],
    ['polls_guild_status', 'guild_id, status, id'],
    ['polls_created', 'created_at, id'],
    ['polls_guild_created', 'guild_id, created_at, id'],
    ['polls_closing_first', closing],
    ['polls_guild_closing_first', `guild_id, ${closing}`],
    ['polls_status_closing_first', `status, ${closing}`],
    ['polls_guild_status_closing_first', `guild_id, status, ${closing}`],
  ] as const) {
    await sql`create index ${sql.raw(name)} on polls (${sql.raw(columns)}) where deleted_at is null`.execute(
      db,
    );
  }
  await sql`create index polls_deleted on polls (deleted_at) where deleted_at is not null`.execute(db);
  await sql`create index polls_behind on polls (channel_id) where shown_revision < revision`.execute(db);
  await sql`create index votes_aside_poll on votes_aside (poll_id)`.execute(db);
  await sql`create index polls_message on polls (message_id) where message_id is not null`.execute(db);
}

/**
 * With the server, since a text that is common on one of them may be rare on another. A database where extensions are not
 * to be had, or not for us, works without: text filters are slower, and each start says so.
 */
async function indexQuestions(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      create extension if not exists pg_trgm;
      create extension if not exists btree_gin;
      create index polls_question on polls using gin (guild_id, question_folded gin_trgm_ops)
        where deleted_at is null;
    exception when insufficient_privilege or feature_not_supported or undefined_file or undefined_object then
      raise warning 'no index for text filters: %', sqlerrm;
    end $$`.execute(db);
}

async function foldQuestions(db: Kysely<unknown>): Promise<void> {
  for (let after = 0; ; ) {
    const { rows } = await sql<{ id: number; question: string }>`
      select id, question from polls where id > ${after} order by id limit ${atOnce}`.execute(db);
    if (rows.length === 0) return;
    const folded = rows.map(({ question }) => fold(question));
    await sql`
      update polls set question_folded = new.folded
      from unnest(${rows.map(({ id }) => id)}::int[], ${folded}::text[]) as new (id, folded)
      where polls.id = new.id`.execute(db);
    after = rows.at(-1)!.id;
  }
}

/** As the program folds what is searched for. */
function fold(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();
  return folded.replaceAll('ς', 'σ').replaceAll('i\u0307', 'i').normalize('NFKC');
}
