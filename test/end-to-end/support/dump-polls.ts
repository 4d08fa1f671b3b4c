import { sql } from 'kysely';
import { createLogger } from '../../../src/base/log.ts';
import { openDatabase } from '../../../src/db/database.ts';
import { renderPoll } from '../../../src/polls/message.ts';
import { loadPolls, tallies } from '../../../src/polls/poll-store.ts';
import { everyServer } from '../../../src/polls/scope.ts';
import type { DumpedPoll } from './polls-dump.ts';

/**
 * A process that reads all polls with everything that belongs to them, closes the database, and then writes how many
 * there are and one line of JSON each. A process of its own, because an embedded database that boots, or thousands of rows
 * that are rendered, would make the stand-in Discord beside it count requests later than they arrived.
 */
const [databaseUrl, dataDir] = process.argv.slice(2);
if (databaseUrl === undefined || dataDir === undefined)
  throw new Error('usage: dump-polls.ts databaseUrl|"" dataDir|""');

const database = await openDatabase({ databaseUrl: databaseUrl || null, dataDir }, createLogger('silent'));
const { db } = database;
// As PostgreSQL writes them: what JavaScript would round, such as microseconds, is compared too.
const { rows } = await sql<Omit<DumpedPoll, 'shows'>>`
  select to_jsonb(polls) as row,
    (select coalesce(jsonb_agg(to_jsonb(o) order by position), '[]') from poll_options o
      where o.poll_id = polls.id) as options,
    (select coalesce(jsonb_agg(to_jsonb(v) order by created_at, user_id, position), '[]') from votes v
      where v.poll_id = polls.id) as votes
  from polls order by id`.execute(db);
const ids = rows.map(({ row }) => row.id);
const polls = await loadPolls(db, everyServer, ids);
const counts = await tallies(db, ids);
await database.close();

const lines = rows.map((dumped) => {
  const poll = polls.get(dumped.row.id)!;
  const shows = poll.deletedAt === null ? renderPoll(poll, counts.get(poll.id)!) : null;
  return JSON.stringify({ ...dumped, shows } satisfies DumpedPoll);
});
process.stdout.write(`${lines.length}\n${lines.map((line) => `${line}\n`).join('')}`);
