import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { TransactionPooler } from '../../../sandbox/machine/database-faults/transaction-pooler.ts';
import { startScene } from '../../support/bot-scene.ts';
import { connectPostgres, freshPostgresUrl } from '../../support/postgres-databases.ts';
import { isClosed, resultOf } from '../progress-frames.ts';

test('two processes behind a pooler by transaction do everything as ever, and leave its sessions as they were', async () => {
  const directly = await freshPostgresUrl();
  await using pooler = await TransactionPooler.start(directly, 6);
  await using scene = await startScene({ databaseUrl: pooler.url, processes: 2 });
  const polls = await scene.createPolls(12);
  await Promise.all(
    polls.map(async ({ message }) => await (await scene.admin.press(message, 'Tea')).message(20_000)),
  );
  for (const half of [polls.slice(0, 6), polls.slice(6)]) {
    const preview = await scene.preview('close', { polls: half.map(({ id }) => id).join(' ') });
    await scene.admin.press(preview, 'Confirm');
  }
  for (const operation of [1, 2]) {
    expect(await resultOf(await scene.progress(operation))).toEqual({
      word: 'completed',
      counts: [6, 0, 0, 0],
    });
  }
  expect(polls.every(({ message }) => isClosed(message))).toBe(true);
  const db = connectPostgres(directly);
  const votes = await db.selectFrom('votes').select('poll_id').execute();
  const locks = await sql`
    select 1 from pg_locks join pg_database on pg_database.oid = pg_locks.database
    where locktype = 'advisory' and datname = current_database()`.execute(db);
  await db.destroy();
  expect(votes).toHaveLength(12);
  const behind = connectPostgres(pooler.url);
  const sessions = Array.from(
    { length: 6 },
    () =>
      sql<{ idle: string; limit: string }>`
        select current_setting('idle_in_transaction_session_timeout') as idle,
          current_setting('statement_timeout') as limit, pg_sleep(0.1)`,
  );
  const settings = await Promise.all(sessions.map((asked) => asked.execute(behind)));
  await behind.destroy();
  expect(settings.map(({ rows }) => `${rows[0]!.idle} ${rows[0]!.limit}`)).toEqual(Array(6).fill('0 0'));
  expect(locks.rows).toEqual([]);
  expect(scene.processes.map((bot) => bot.problems())).toEqual(['', '']);
  expect(scene.sandbox.violations).toEqual([]);
});
