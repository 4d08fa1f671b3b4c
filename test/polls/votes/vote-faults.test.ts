import { sql } from 'kysely';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { DatabaseProxy } from '../../../sandbox/machine/database-faults/database-proxy.ts';
import type { StatementFault } from '../../../sandbox/machine/database-faults/proxied-connection.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import { type Database, openDatabase } from '../../../src/db/database.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { Poll } from '../../../src/polls/poll.ts';
import { VoteBatches } from '../../../src/polls/votes/vote-batches.ts';
import { PollLocked } from '../../../src/polls/votes/vote-store.ts';
import { connectPostgres, freshPostgresUrl } from '../../support/postgres-databases.ts';
import { postedPoll } from '../poll-fixture.ts';
import { choices, press } from './vote-fixture.ts';

const opened: Database[] = [];

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});

/** The people's connections to a server far away, as the bot has them, and a near one of the test's own. */
async function farServer(): Promise<{ proxy: DatabaseProxy; far: Db; near: Db }> {
  const url = await freshPostgresUrl();
  const proxy = await DatabaseProxy.start(url);
  const near = connectPostgres(url);
  onTestFinished(async () => {
    await near.destroy();
    await proxy.close();
  });
  const database = await openDatabase({ databaseUrl: proxy.url, dataDir: '' }, createLogger('silent'));
  opened.push(database);
  return { proxy, far: database.db, near };
}

test('300 people on one poll cost a server far away few round trips', async () => {
  const { proxy, far, near } = await farServer();
  const asked = await postedPoll(near, '1');
  const votes = new VoteBatches({ db: far, clock: systemClock });
  await votes.cast(press(asked, 'first', { userId: 'first' }));
  proxy.delay(20);
  proxy.countAnew();
  const cast = Array.from({ length: 300 }, (_, n) =>
    votes.cast(press(asked, `1${n}`, { userId: `user${n}` })),
  );
  for (const result of await Promise.all(cast)) expect(result.type).toBe('added');
  // One for the first, which waits for nobody, and as many as a hundred each make.
  expect(proxy.seen.statements).toBe(4);
  expect(Object.keys(await choices(near, asked))).toHaveLength(301);
});

const faults: readonly StatementFault[] = ['40P01', '57P01', '25006', 'cut before', 'cut after'];

test.for(faults)('votes whose statement meets %s are counted once', async (fault) => {
  const { proxy, far, near } = await farServer();
  const asked = await postedPoll(near, '1');
  const votes = new VoteBatches({ db: far, clock: systemClock });
  let statements = 0;
  proxy.onStatement = ({ sql: text }) => {
    if (!text.includes('cast_votes')) return null;
    statements += 1;
    return statements === 2 ? fault : null;
  };
  const cast = Array.from({ length: 30 }, (_, n) =>
    votes.cast(press(asked, `1${n}`, { userId: `user${n}` })),
  );
  for (const result of await Promise.all(cast)) expect(result).toMatchObject({ choices: [0] });
  expect(statements).toBe(3);
  expect(Object.values(await choices(near, asked))).toEqual(Array.from({ length: 30 }, () => [0]));
});

test('votes on polls that somebody has locked keep no connection from votes on others', async () => {
  const { far, near } = await farServer();
  const votes = new VoteBatches({ db: far, clock: systemClock });
  // More than the people have connections.
  const locked: Poll[] = [];
  for (let n = 0; n < 20; n += 1) locked.push(await postedPoll(near, `locked ${n}`));
  const free = await postedPoll(near, 'free');
  let waiting: Promise<{ type: string }>[] = [];
  await near.transaction().execute(async (trx) => {
    await sql`select from polls where interaction_id like 'locked %' for update`.execute(trx);
    waiting = locked.map((asked) => votes.cast(press(asked, `vote on ${asked.id}`)));
    for (let n = 0; n < 20; n += 1) {
      expect(await votes.cast(press(free, `free ${n}`, { userId: `user${n}` }))).toMatchObject({
        type: 'added',
      });
    }
    await sql`update polls set status = 'closed' where id = ${locked[0]!.id}`.execute(trx);
  });
  expect((await Promise.all(waiting)).map(({ type }) => type)).toEqual([
    'refused',
    ...Array.from({ length: 19 }, () => 'added'),
  ]);
});

test('votes on a poll that stays locked are given up together', async () => {
  const { far, near } = await farServer();
  let passed = 0;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => passed,
    sleep: async (ms) => {
      passed += ms;
    },
  };
  const votes = new VoteBatches({ db: far, clock });
  const asked = await postedPoll(near, '1');
  await near.transaction().execute(async (trx) => {
    await sql`select from polls for update`.execute(trx);
    const cast = ['ann', 'bo', 'cem'].map((userId) => votes.cast(press(asked, `by ${userId}`, { userId })));
    const given = await Promise.allSettled(cast);
    expect(given.map((one) => one.status === 'rejected' && one.reason)).toEqual(
      given.map(() => expect.any(PollLocked)),
    );
    // The first, and then the others in one go.
    expect(passed).toBeLessThan(70_000);
  });
  expect(await votes.cast(press(asked, 'later', { userId: 'later' }))).toMatchObject({ type: 'added' });
  expect(await choices(near, asked)).toEqual({ later: [0] });
});
