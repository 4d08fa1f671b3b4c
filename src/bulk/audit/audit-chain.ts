import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';

/** Rows that one statement hashes. Between two statements an embedded database answers votes. */
const pageSize = 2000;

/** A row of the trail, as the next row refers to it. Rows are numbered from 1 without gaps. */
export interface ChainLink {
  readonly id: number;
  readonly hash: string;
}

export interface ChainVerdict {
  /** Rows found. */
  readonly rows: number;
  /**
   * The last row and its hash. Noted elsewhere, it proves later that nothing up to it was rewritten. Null: there is
   * no row, or the chain is broken.
   */
  readonly head: ChainLink | null;
  /** The first row that is not as it was written, and what is wrong with it; null if the chain holds. */
  readonly broken: { readonly id: number; readonly why: string } | null;
}

/**
 * Computes the hash of every audit row anew and follows the chain from the first row to the last. It finds a row that
 * was changed, removed, put in or replaced past the trigger, even if its own hash was computed anew. It finds rows
 * that were removed at the end, if an operation's row still tells of them. It cannot find a chain that was computed
 * anew as a whole: for that, compare `head` with one noted elsewhere. `since`: a row up to which the chain is known
 * to hold.
 */
export async function verifyChain(db: Db, since: ChainLink | null = null): Promise<ChainVerdict> {
  let before: ChainLink | null = since;
  let rows = since?.id ?? 0;
  for (;;) {
    const page: readonly Page[] = await readPage(db, before);
    for (const { bad_id, why } of page) {
      if (bad_id !== null)
        return { rows: await countRows(db), head: null, broken: { id: bad_id, why: why! } };
    }
    const end: Page | undefined = page[0];
    if (!end || end.count === 0) break;
    rows += end.count;
    before = { id: end.last_id!, hash: end.last_hash! };
    if (end.count < pageSize) break;
  }
  const broken = await missingAtTheEnd(db, before);
  return { rows, head: broken ? null : before, broken };
}

interface Page {
  readonly count: number;
  readonly last_id: number | null;
  readonly last_hash: string | null;
  readonly bad_id: number | null;
  readonly why: string | null;
}

/** One row: how many rows the page has, the last of them, and the first that does not fit. */
async function readPage(db: Db, before: ChainLink | null): Promise<Page[]> {
  const id = before?.id ?? 0;
  const { rows } = await sql<Page>`
    with page as materialized (
      select audit.id, audit.hash, audit.prev_hash, audit_hash_holds(audit) as holds,
        lag(audit.id, 1, ${id}::int) over w as before_id,
        lag(audit.hash, 1, ${before?.hash ?? null}::text) over w as before_hash
      from audit where audit.id > ${id}
      window w as (order by audit.id) order by audit.id limit ${pageSize}
    ), bad as (
      select
        case when not holds then id
          when id <> before_id + 1 then before_id + 1
          when before_id = 0 then id
          else before_id end as bad_id,
        case when not holds
            then 'its content does not match its hash: it was changed, or put in by hand'
          when id <> before_id + 2 and id <> before_id + 1
            then format('rows %s to %s were removed', before_id + 1, id - 1)
          when id <> before_id + 1 then 'it was removed'
          when before_id = 0 then 'it is the first row, but was written after another one'
          else format('it was replaced: row %s was written after another row %s', id, before_id) end as why
      from page
      where not holds or id <> before_id + 1 or prev_hash is distinct from before_hash
      order by id limit 1
    )
    select (select count(*)::int from page) as count, last.id as last_id, last.hash as last_hash, bad.bad_id, bad.why
    from (select 1) as one
      left join (select id, hash from page order by id desc limit 1) as last on true
      left join bad on true`.execute(db);
  return rows;
}

/**
 * Every confirmation and every end is written together with its entry. So an operation without its entry tells of a
 * loss.
 */
async function missingAtTheEnd(db: Db, last: ChainLink | null): Promise<ChainVerdict['broken']> {
  const { rows } = await sql<{ id: number; event: string }>`
    select operation.id, event.name as event
    from operations as operation
      join (values ('confirmed'), ('finished')) as event (name)
        on case event.name when 'confirmed' then operation.confirmed_at else operation.finished_at end is not null
    where not exists (select from audit where audit.operation_id = operation.id and audit.event = event.name)
    order by operation.id limit 1`.execute(db);
  const [lost] = rows;
  if (!lost) return null;
  const why = `it was removed, at the end of the trail: the entry “${lost.event}” of Operation #${lost.id} is missing`;
  return { id: (last?.id ?? 0) + 1, why };
}

async function countRows(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom('audit')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
