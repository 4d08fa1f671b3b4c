import type { Db } from '../../src/db/schema.ts';
import type { Poll } from '../../src/polls/poll.ts';
import { createPoll, type NewPoll } from '../../src/polls/poll-store.ts';

export const serverId = '900000000000000001';
export const channelId = '900000000000000101';
export const now = new Date('2026-11-01T12:00:00Z');

/** An instant so many minutes after `now`. */
export function minutes(count: number): Date {
  return new Date(now.getTime() + count * 60_000);
}

/** What a poll is unless a test says otherwise. */
const usual = {
  serverId,
  channelId,
  creatorId: '900000000000000201',
  question: 'Tea or coffee?',
  options: ['Tea', 'Coffee', 'Water'],
  timezone: 'UTC',
  anonymous: false,
  maxChoices: 1,
  pingRoleId: null,
  opensAt: null,
  closesAt: null,
};

/** A poll as a value, for what is pure. */
export function poll(changes: Partial<Poll> = {}): Poll {
  return {
    ...usual,
    id: 12,
    status: 'active',
    closedAt: null,
    createdAt: now,
    deletedAt: null,
    version: 1,
    revision: 1,
    shownRevision: 1,
    messageId: '900000000000000301',
    messageGone: false,
    heldBy: null,
    ...changes,
  };
}

/** What is asked for when a poll is created. */
export function newPoll(interactionId: string, changes: Partial<NewPoll> = {}): NewPoll {
  return {
    ...usual,
    interactionId,
    now,
    ...changes,
  };
}

/** A poll in the database whose message has been posted. */
export async function postedPoll(
  db: Db,
  interactionId: string,
  changes: Partial<NewPoll> = {},
): Promise<Poll> {
  const { poll } = await createPoll(db, newPoll(interactionId, changes));
  if (poll === null) throw new Error('not created');
  const messageId = `9000000000000${String(poll.id).padStart(5, '0')}`;
  await db
    .updateTable('polls')
    .set({ message_id: messageId, shown_revision: 1, sent_revision: 1 })
    .where('id', '=', poll.id)
    .execute();
  return { ...poll, messageId, shownRevision: 1 };
}

/** An operation's row, to hold polls with. */
export async function operation(db: Db, interactionId: string): Promise<number> {
  const { id } = await db
    .insertInto('operations')
    .values({
      kind: 'close',
      state: 'running',
      admin_id: '900000000000000201',
      guild_id: serverId,
      channel_id: channelId,
      interaction_id: interactionId,
      locale: 'en-US',
      params: '{}',
      targets: '{}',
      created_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
