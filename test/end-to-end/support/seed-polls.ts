import { sql } from 'kysely';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { Component } from '../../../sandbox/world/component.ts';
import { nobody } from '../../../sandbox/world/mentions.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Db } from '../../../src/db/schema.ts';
import { fold } from '../../../src/polls/fold.ts';
import { renderPoll } from '../../../src/polls/message.ts';
import type { PollStatus } from '../../../src/polls/poll.ts';
import { loadPolls, tallies } from '../../../src/polls/poll-store.ts';
import { everyServer } from '../../../src/polls/scope.ts';

/** A poll as it is to stand in the database. */
export interface PollSeed {
  readonly question: string;
  readonly options: readonly string[];
  readonly channelId: string;
  readonly creatorId: string;
  readonly status: PollStatus;
  readonly timezone: string;
  readonly anonymous: boolean;
  readonly maxChoices: number;
  readonly pingRoleId: string | null;
  readonly createdAt: Date;
  readonly opensAt: Date | null;
  readonly closesAt: Date | null;
  readonly closedAt: Date | null;
  readonly version: number;
  readonly votes: readonly { readonly userId: string; readonly position: number; readonly at: Date }[];
}

/**
 * Puts polls where `/poll create` and people's presses would have put them: rows with options and votes, and each one's message
 * in its channel, as the bot renders it. Nothing is owed: every message shows its poll's revision. Their numbers follow the
 * order of the seeds. To be done while no bot runs.
 */
export async function seedPolls(sandbox: Sandbox, db: Db, seeds: readonly PollSeed[]): Promise<void> {
  const ids: number[] = [];
  for (const some of chunks(seeds, 200)) ids.push(...(await insertPolls(sandbox, db, some)));
  const options = seeds.flatMap((seed, index) =>
    seed.options.map((label, position) => ({ poll_id: ids[index]!, position, label })),
  );
  for (const some of chunks(options, 1000)) await db.insertInto('poll_options').values(some).execute();
  const votes = seeds.flatMap((seed, index) =>
    seed.votes.map(({ userId, position, at }) => ({
      poll_id: ids[index]!,
      position,
      user_id: userId,
      created_at: at,
    })),
  );
  for (const some of chunks(votes, 1000)) await db.insertInto('votes').values(some).execute();
  await postMessages(sandbox, db, ids);
}

async function insertPolls(sandbox: Sandbox, db: Db, seeds: readonly PollSeed[]): Promise<number[]> {
  const rows = await db
    .insertInto('polls')
    .values(
      seeds.map((seed) => {
        const revision = seed.version + seed.votes.length;
        return {
          question: seed.question,
          question_folded: fold(seed.question),
          guild_id: sandbox.channel(seed.channelId).guildId!,
          channel_id: seed.channelId,
          creator_id: seed.creatorId,
          status: seed.status,
          timezone: seed.timezone,
          anonymous: seed.anonymous,
          max_choices: seed.maxChoices,
          ping_role_id: seed.pingRoleId,
          opens_at: seed.opensAt,
          closes_at: seed.closesAt,
          closed_at: seed.closedAt,
          created_at: seed.createdAt,
          interaction_id: sandbox.world.newId(seed.createdAt.getTime()),
          version: seed.version,
          revision,
          shown_revision: revision,
          sent_revision: revision,
        };
      }),
    )
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

async function postMessages(sandbox: Sandbox, db: Db, ids: readonly number[]): Promise<void> {
  const polls = await loadPolls(db, everyServer, ids);
  const counts = await tallies(db, ids);
  const messageIds = ids.map((id) => {
    const poll = polls.get(id)!;
    return post(sandbox, poll.channelId, renderPoll(poll, counts.get(id)!));
  });
  await sql`
    update polls set message_id = posted.message_id
    from unnest(${ids}::int[], ${messageIds}::text[]) as posted (id, message_id) where polls.id = posted.id`.execute(
    db,
  );
}

function post(sandbox: Sandbox, channelId: string, { content, embeds, components }: MessageBody): string {
  const parts = {
    content: content ?? '',
    embeds: [...(embeds ?? [])],
    components: [...(components ?? [])] as unknown as Component[],
    attachments: [],
    flags: 0,
    mentions: nobody,
  };
  const { id } = sandbox.world.addMessage(sandbox.channel(channelId), {
    authorId: sandbox.world.bot.id,
    nonce: null,
    onlyFor: null,
    interactionId: null,
    parts,
  });
  return id;
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}
