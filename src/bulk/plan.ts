import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { estimate } from '../delivery/estimate.ts';
import { UserError } from '../errors.ts';
import type { Poll } from '../polls/poll.ts';
import { matchPolls, type PollFilter } from '../polls/poll-filter.ts';
import { loadPolls } from '../polls/poll-store.ts';
import type { Scope } from '../polls/scope.ts';
import { appendAudit } from './audit.ts';
import type { OperationKind } from './operations/operation-kind.ts';
import { formatPollNumbers } from './poll-numbers.ts';

/** How long a preview can be confirmed, in milliseconds. */
export const previewLifetimeMs = 10 * 60_000;
/** The longest estimate with which an operation may be private: its message lives as long as an interaction's token. */
const privateLimitMs = 10 * 60_000;

export interface PlanRequest {
  readonly kind: OperationKind;
  readonly params: Record<string, unknown>;
  readonly filter: PollFilter;
  /** What the admin wrote, for the audit. */
  readonly targets: Record<string, unknown>;
  readonly scope: Scope;
  readonly adminId: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly interactionId: string;
  /** The interaction's token: the preview is kept up to date through it. */
  readonly token: string;
  readonly locale: string;
  readonly reason: string | null;
  readonly private: boolean;
}

export interface PlanLimits {
  readonly maxPolls: number;
  readonly confirmDelayMs: number;
}

/**
 * Freezes what the targets match now into a draft with one item a poll: `planned` where it will be changed,
 * `excluded` (with the reason) where not. Returns the draft's number; the same interaction always gets the same draft.
 * Throws `UserError` where nothing matches, too much does, or a private operation would take too long.
 */
export async function planOperation(
  db: Db,
  request: PlanRequest,
  limits: PlanLimits,
  process: string,
  now: Date,
): Promise<number> {
  const { count, ids } = await matchPolls(db, request.scope, request.filter, limits.maxPolls);
  if (count > limits.maxPolls) throw tooMany(count, limits.maxPolls);
  const polls = [...(await loadPolls(db, request.scope, ids)).values()].sort((a, b) => a.id - b.id);
  const items = [...classify(polls, request, now), ...missing(request.filter.ids ?? [], polls, request)];
  if (polls.length === 0) throw nothingMatches(items.map((item) => item.pollId));
  const chosen = polls.filter((_poll, index) => items[index]!.skip === null);
  const time = estimate(chosen, now);
  if (request.private && time.expectedMs >= privateLimitMs) throw tooLongForPrivate(time.expectedMs);
  return inTransaction(db, async (trx) => {
    const draft = await trx
      .insertInto('operations')
      .values({
        kind: request.kind.name,
        admin_id: request.adminId,
        scope_guild_id: request.scope.all ? null : request.scope.guildId,
        guild_id: request.guildId,
        channel_id: request.channelId,
        interaction_id: request.interactionId,
        locale: request.locale,
        params: sql`${JSON.stringify(request.params)}::jsonb`,
        targets: sql`${JSON.stringify(request.targets)}::jsonb`,
        reason: request.reason,
        private: request.private,
        total: chosen.length,
        estimate_ms: Math.round(time.expectedMs),
        preview_token: request.token,
        created_at: now,
        confirmable_at: new Date(
          now.getTime() + (request.kind.destructive(request.params) ? limits.confirmDelayMs : 0),
        ),
        expires_at: new Date(now.getTime() + previewLifetimeMs),
      })
      .onConflict((conflict) => conflict.column('interaction_id').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!draft) return draftOf(trx, request.interactionId);
    await insertItems(trx, draft.id, items);
    await appendAudit(trx, now, {
      operationId: draft.id,
      actorId: request.adminId,
      process,
      event: 'previewed',
      details: { matched: polls.length, toChange: chosen.length },
    });
    return draft.id;
  });
}

interface PlannedItem {
  readonly pollId: number;
  readonly versionSeen: number;
  /** Why it is left out, or null. */
  readonly skip: string | null;
}

function classify(polls: readonly Poll[], request: PlanRequest, now: Date): PlannedItem[] {
  return polls.map((poll) => ({
    pollId: poll.id,
    versionSeen: poll.version,
    skip:
      poll.heldBy === null
        ? request.kind.skipReason(poll, request.params, now)
        : `held by Operation #${poll.heldBy}`,
  }));
}

/** Numbers that were written but are unknown, deleted or of another server: they are named, not dropped. */
function missing(named: readonly number[], polls: readonly Poll[], { filter }: PlanRequest): PlannedItem[] {
  const found = new Set(polls.map((poll) => poll.id));
  const filtered = Object.entries(filter).some(([name, value]) => name !== 'ids' && value !== undefined);
  const skip = filtered ? 'not found, or outside the other filters' : 'not found';
  return named.filter((id) => !found.has(id)).map((pollId) => ({ pollId, versionSeen: 0, skip }));
}

async function insertItems(db: Db, operationId: number, items: readonly PlannedItem[]): Promise<void> {
  await sql`
    insert into operation_items (operation_id, poll_id, position, state, version_seen, message)
    select ${operationId}, poll_id, position, case when skip is null then 'planned' else 'excluded' end, version_seen, skip
    from unnest(${items.map((item) => item.pollId)}::int[], ${items.map((item) => item.versionSeen)}::int[],
      ${items.map((item) => item.skip)}::text[]) with ordinality as item (poll_id, version_seen, skip, position)`.execute(
    db,
  );
}

async function draftOf(db: Db, interactionId: string): Promise<number> {
  const { id } = await db
    .selectFrom('operations')
    .select('id')
    .where('interaction_id', '=', interactionId)
    .executeTakeFirstOrThrow();
  return id;
}

function tooMany(count: number, limit: number): UserError {
  return new UserError(
    `${count} polls match, but one operation takes at most ${limit}. Nothing was changed. Narrow it with \`channel\`, \`status\`, \`text\`, \`created_before\` or \`created_after\`, or name ranges in \`polls\`.`,
  );
}

function nothingMatches(named: readonly number[]): UserError {
  return new UserError(
    named.length === 0
      ? 'No poll matches these targets. Nothing was changed. Loosen a filter, or see `/poll list` for the numbers.'
      : `No poll matches: ${formatPollNumbers(named)} not found. Nothing was changed. See \`/poll list\` for the numbers.`,
  );
}

function tooLongForPrivate(expectedMs: number): UserError {
  return new UserError(
    `This would take about ${Math.ceil(expectedMs / 60_000)} minutes; \`private: true\` is possible only below 10 minutes, because Discord closes private messages after 15. Leave \`private\` out, or choose fewer polls.`,
  );
}
