import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createLogger } from '../../../src/base/log.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { Right } from '../../../src/delivery/rights.ts';
import { Healing } from '../../../src/delivery/sending/healing.ts';
import { recordRefused } from '../../../src/delivery/sending/parks-store.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { givenPoll, pollOf } from '../polls.ts';

const serverId = '100000000000000001';
const channelId = '200000000000000001';

const refuse = async (db: Db, pollId: number, code = '50001', right: Right = 'view') =>
  await recordRefused(db, {
    pollId,
    claim: (await pollOf(db, pollId)).claim,
    sentBefore: 0,
    code,
    reason: 'no access',
    inChannel: { channelId, right },
  });

describeEachDatabase('polls that may be shown again', (fresh) => {
  function setUp(db: Db) {
    const clock = new ManualClock();
    const problems: string[] = [];
    const log = createLogger('error', { write: (line) => problems.push(JSON.parse(line).msg) });
    return { clock, problems, healing: new Healing({ db, clock, log }) };
  }

  test('are released together, and again for a refusal that was under way', async () => {
    const db = await fresh();
    const { clock, healing } = setUp(db);
    const [early, late] = [await givenPoll(db), await givenPoll(db)];
    await refuse(db, early);
    expect(await pollOf(db, early)).toMatchObject({ parked_code: '50001' });
    healing.regained(serverId, () => false);
    healing.regained(serverId, (channel, right) => channel === channelId && right === 'view');
    healing.regained('other', () => true);
    await clock.advance(250);
    await expect.poll(async () => (await pollOf(db, early)).parked_code).toBe(null);
    await refuse(db, late);
    await clock.advance(25_000);
    await expect.poll(async () => (await pollOf(db, late)).parked_code).toBe(null);
    await healing.stop();
  });

  test('are released every five minutes where only time ends the refusal, and nothing else then', async () => {
    const db = await fresh();
    const { clock, problems, healing } = setUp(db);
    const [full, shut] = [await givenPoll(db), await givenPoll(db, { channel_id: '200000000000000002' })];
    await refuse(db, full, '160006', 'open');
    await db
      .updateTable('polls')
      .set({ parked_code: '50083', parked_reason: 'locked', parked_right: 'open' })
      .where('id', '=', shut)
      .execute();
    await healing.start();
    await sql`alter table polls rename to polls_away`.execute(db);
    await clock.advance(300_000);
    await expect.poll(() => problems.length).toBe(1);
    await sql`alter table polls_away rename to polls`.execute(db);
    expect(await pollOf(db, full)).toMatchObject({ parked_code: '160006', parked_right: 'open' });
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(300_000);
    await expect.poll(async () => (await pollOf(db, full)).parked_code).toBe(null);
    expect(await pollOf(db, full)).toMatchObject({ parked_reason: null, parked_right: null });
    expect(await pollOf(db, shut)).toMatchObject({ parked_code: '50083' });
    await healing.stop();
  });

  test('are released late where the database was away', async () => {
    const db = await fresh();
    const { clock, problems, healing } = setUp(db);
    const id = await givenPoll(db);
    await refuse(db, id);
    await sql`alter table polls rename to polls_away`.execute(db);
    healing.regained(serverId, () => true);
    await clock.advance(250);
    await expect.poll(() => problems.length).toBe(1);
    await sql`alter table polls_away rename to polls`.execute(db);
    await clock.advance(5_000);
    await expect.poll(async () => (await pollOf(db, id)).parked_code).toBe(null);
    await healing.stop();
  });
});
