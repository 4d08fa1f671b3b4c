import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { createLogger } from '../../src/base/log.ts';
import { verifyChain } from '../../src/bulk/audit/audit-chain.ts';
import { readProgress } from '../../src/bulk/progress/progress-store.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import type { Db } from '../../src/db/schema.ts';
import { connectPostgres, emptyPostgresUrl } from '../support/postgres-databases.ts';

const log = createLogger('silent');
const migrations = fileURLToPath(new URL('../../migrations/', import.meta.url));
/** Inside the checkout, where migrations find their packages. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

/** A database as the first four migrations left it, with rows of every kind of that time. */
async function earlierDatabase(): Promise<Db> {
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'earlier-'));
  cleanUp.push(() => rm(directory, { recursive: true }));
  for (const name of await readdir(migrations)) {
    if (name < '0005') await cp(join(migrations, name), join(directory, name));
  }
  const db = connectPostgres(await emptyPostgresUrl());
  cleanUp.push(() => db.destroy());
  await migrateToLatest(db, log, { directory: pathToFileURL(`${directory}/`) });
  await sql`
    insert into polls (question, question_folded, guild_id, channel_id, creator_id, status, created_at, interaction_id,
      version, revision, shown_revision, sent_revision, message_id, parked_code, parked_reason, closed_at, deleted_at)
    values ('open', 'open', '1', '11', '9', 'active', now(), 'a', 1, 3, 3, 3, '111', null, null, null, null),
      ('closed, refused', 'closed, refused', '1', '12', '9', 'closed', now(), 'b', 2, 2, 1, 1, '112', '50001', 'no access to <#12>', now(), null),
      ('deleted', 'deleted', '1', '11', '9', 'active', now(), 'c', 2, 2, 2, 2, null, null, null, null, now()),
      ('closed', 'closed', '1', '11', '9', 'closed', now(), 'd', 2, 2, 2, 2, '114', null, null, now(), null)`.execute(
    db,
  );
  await sql`insert into poll_options (poll_id, position, label)
    select id, position, 'Option ' || position from polls, generate_series(0, 1) as position`.execute(db);
  await sql`insert into votes (poll_id, position, user_id, created_at) values (1, 0, '5', now()), (4, 1, '6', now())`.execute(
    db,
  );
  await sql`
    insert into operations (kind, state, admin_id, guild_id, channel_id, interaction_id, locale, total, created_at,
      confirmable_at, expires_at, preview_token, confirmed_at, owner, lease_until, fence, started_at, finished_at, undo_of, result_shown)
    values
      ('close', 'completed with failures', '9', '1', '10', 'o1', 'en', 2, now(), now(), now(), 't', now(), 'gone/1/x', now(), 1, now(), now(), null, true),
      ('undo', 'queued', '9', '1', '10', 'o2', 'en', 1, now(), now(), now(), 't', now(), 'gone/1/x', now(), 1, null, null, 1, false),
      ('close', 'draft', '9', '1', '10', 'o3', 'en', 1, now(), now(), now() + interval '9 minutes', 't', null, null, null, 0, null, null, null, false)`.execute(
    db,
  );
  await sql`
    insert into operation_items (operation_id, poll_id, position, state, version_seen, before, version_after, target_revision, code, message, prescribed)
    values (1, 4, 1, 'done', 1, '{"status": "active", "closed_at": null, "message_current": true}', 2, 2, null, null, null),
      (1, 2, 0, 'failed', 1, '{"status": "active", "closed_at": null, "message_current": true}', 2, 2, '50001', 'no access to <#12>', null),
      (2, 4, 0, 'planned', 2, null, null, null, null, null, '{"status": "active", "closed_at": null}'),
      (3, 1, 0, 'planned', 1, null, null, null, null, null, null),
      (3, 99, 1, 'excluded', 0, null, null, null, null, 'not found', null)`.execute(db);
  await sql`insert into audit (at, operation_id, process, event) values
    (now(), 1, 'gone/1/x', 'confirmed'), (now(), 1, 'gone/1/x', 'finished'), (now(), 2, 'gone/1/x', 'confirmed')`.execute(
    db,
  );
  return db;
}

test('a database that an earlier version was at work on is brought up to date with all that is in it', async () => {
  const db = await earlierDatabase();
  await migrateToLatest(db, log);

  const polls =
    await sql`select id, status, parked_code, parked_right, claim, shown_revision from polls order by id`.execute(
      db,
    );
  expect(polls.rows).toEqual([
    { id: 1, status: 'active', parked_code: null, parked_right: null, claim: 0, shown_revision: 3 },
    { id: 2, status: 'closed', parked_code: '50001', parked_right: 'view', claim: 0, shown_revision: 1 },
    { id: 3, status: 'active', parked_code: null, parked_right: null, claim: 0, shown_revision: 2 },
    { id: 4, status: 'closed', parked_code: null, parked_right: null, claim: 0, shown_revision: 2 },
  ]);
  const votes = await sql`select poll_id, user_id from votes order by 1`.execute(db);
  expect(votes.rows).toEqual([
    { poll_id: 1, user_id: '5' },
    { poll_id: 4, user_id: '6' },
  ]);
  const items = await sql`
    select operation_id, poll_id, state, after->>'status' as after from operation_items order by 1, 2`.execute(
    db,
  );
  expect(items.rows).toEqual([
    { operation_id: 1, poll_id: 2, state: 'failed', after: 'closed' },
    { operation_id: 1, poll_id: 4, state: 'done', after: 'closed' },
    { operation_id: 2, poll_id: 4, state: 'planned', after: 'active' },
    { operation_id: 3, poll_id: 1, state: 'planned', after: null },
    { operation_id: 3, poll_id: 99, state: 'missing', after: null },
  ]);
  expect(await readProgress(db, 1, new Date())).toMatchObject({ done: 1, failed: 1, skipped: 0 });
  expect(await verifyChain(db)).toMatchObject({ rows: 3, broken: null });
});
