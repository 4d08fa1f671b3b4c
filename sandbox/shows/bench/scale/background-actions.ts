import { sql } from 'kysely';
import type { Db } from '../../../../src/db/schema.ts';
import { purge } from '../../../../src/db/upkeep/purge.ts';
import { overdue } from '../../../../src/delivery/sending/delivery-store.ts';
import { recordRefused } from '../../../../src/delivery/sending/parks-store.ts';
import { readDepths } from '../../../../src/metrics/metrics-store.ts';
import { closeDue, openDue } from '../../../../src/polls/due-store.ts';
import { listPolls } from '../../../../src/polls/poll-store.ts';
import { oneServer } from '../../../../src/polls/scope.ts';
import { castVote } from '../../../../src/polls/votes/vote-store.ts';
import type { ScaleAction } from './scale-actions.ts';
import { ownChannel, ownGuild } from './seed-polls.ts';

const mine = oneServer(ownGuild);
const now = new Date();
const pageSize = 11;
/** How many turns a measurement takes at most. */
const turns = 50;

/** What else reads the table of polls, in a person's name or by itself every few seconds. */
export const backgroundActions: readonly ScaleAction[] = [
  action('`/poll list`', (db) => listPolls(db, mine, { limit: pageSize })),
  action('`/poll list status:scheduled` of somebody who sees one channel', (db) =>
    listPolls(db, mine, { status: 'scheduled', channelIds: [ownChannel], limit: pageSize }),
  ),
  {
    name: 'a vote',
    demanded: true,
    prepare: async (db) => {
      const polls = await someActive(db);
      return async (turn) => {
        const { id, channel_id, message_id } = polls[turn]!;
        const place = { serverId: ownGuild, channelId: channel_id, messageId: message_id! };
        const user = { userId: '770000000000000001', interactionId: `vote ${turn}` };
        const { type } = await castVote(db, { pollId: id, position: 0, ...place, ...user });
        if (type !== 'added') throw new Error(`the vote was ${type}`);
      };
    },
  },
  {
    name: 'the scheduler closes one poll',
    demanded: true,
    prepare: async (db) => {
      // In each turn one poll falls due, an hour before any other does.
      const dueAt = (turn: number) => new Date(now.getTime() + (turn + 1) * 60_000);
      for (const [turn, { id }] of (await someActive(db)).entries()) {
        await db
          .updateTable('polls')
          .set({ closes_at: dueAt(turn) })
          .where('id', '=', id)
          .execute();
      }
      return async (turn) => {
        await openDue(db, dueAt(turn));
        const closed = await closeDue(db, dueAt(turn));
        if (closed.length !== 1) throw new Error(`${closed.length} polls were closed instead of one`);
      };
    },
  },
  action('the sweep looks for messages that are behind', (db) => overdue(db, 1000)),
  action('Discord refuses a channel', (db) =>
    recordRefused(db, {
      pollId: 1,
      claim: 0,
      sentBefore: 1,
      code: '50001',
      reason: 'Missing Access',
      inChannel: { channelId: ownChannel, right: 'view' },
    }),
  ),
  action('the metrics are read', (db) => readDepths(db)),
  action('the purge finds nothing to remove', (db) =>
    purge(db, now, { deletedRetentionDays: 30, historyRetentionDays: 365 }),
  ),
];

function action(name: string, run: (db: Db) => Promise<unknown>): ScaleAction {
  return { name, demanded: true, prepare: async (db) => () => run(db) };
}

/** An active poll of the server, another one in each turn, from all over the table. */
async function someActive(db: Db) {
  return await db
    .selectFrom('polls')
    .select(['id', 'channel_id', 'message_id'])
    .where('guild_id', '=', ownGuild)
    .where('status', '=', 'active')
    .where('deleted_at', 'is', null)
    .orderBy(sql`hashint4(id)`)
    .limit(turns)
    .execute();
}
