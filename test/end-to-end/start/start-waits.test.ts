import { once } from 'node:events';
import { createServer } from 'node:net';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { lockKey } from '../../../src/db/migrate.ts';
import { startScene } from '../../support/bot-scene.ts';
import { connectPostgres, emptyPostgresUrl } from '../../support/postgres-databases.ts';

test('a process that finds another one migrating waits, ends on SIGTERM, or goes on when that is done', async () => {
  await using scene = await startScene({
    databaseUrl: await emptyPostgresUrl(),
    channels: 1,
    processes: 0,
  });
  const migrating = connectPostgres(scene.env.DATABASE_URL!);
  const locked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const other = migrating.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(lockKey)})`.execute(transaction);
    locked.resolve();
    await gate.promise;
  });
  try {
    await locked.promise;
    const [first, second] = [scene.launch(), scene.launch()];
    await Promise.all([first, second].map((bot) => bot.logged(/another process is bringing the database/)));
    expect(await first.kill('SIGTERM')).toBe(0);
    expect(first.stderr).toBe('');
    gate.resolve();
    await second.untilReady();
  } finally {
    gate.resolve();
    await other;
    await migrating.destroy();
  }
});

test('SIGTERM while a database does not answer ends the start cleanly', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = silent.address() as { port: number };
    await using scene = await startScene({
      databaseUrl: `postgres://gavel:secret@127.0.0.1:${port}/gavel`,
      channels: 1,
      processes: 0,
    });
    const connected = once(silent, 'connection');
    const bot = scene.launch();
    await connected;
    expect(await bot.kill('SIGTERM')).toBe(0);
    expect(bot.stderr).toBe('');
    expect(bot.problems()).toBe('');
  } finally {
    silent.close();
  }
});
