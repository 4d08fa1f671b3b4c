import { discordLimits } from '../../base/display/discord-limits.ts';
import { UserError } from '../../base/errors.ts';
import type { Db } from '../../db/schema.ts';
import type { BulkDeletes } from '../../delivery/pace/bulk-delete-choice.ts';
import { estimate } from '../../delivery/pace/estimate.ts';
import { type BoundedCount, formatCount, matchPolls } from '../../polls/lists/match-polls.ts';
import type { PollFilter } from '../../polls/lists/poll-filter.ts';
import type { Poll } from '../../polls/poll.ts';
import { loadPolls } from '../../polls/poll-store.ts';
import { type Becoming, votesForbid } from '../../polls/votes/votes-forbid.ts';
import { expectedExportMs } from '../export/export-files.ts';
import type { ChangingKind, OperationKind } from '../kinds/operation-kind.ts';
import type { PollChange } from '../kinds/poll-image.ts';
import { waitingAhead } from '../lifecycle/ahead-store.ts';
import { operationLimits } from '../operation-limits.ts';
import { formatPollNumbers } from '../words/poll-numbers.ts';
import { type Asking, createDraft, type DraftItem, type Writer } from './draft-store.ts';

const privateLimitMs = operationLimits.privateMinutes * 60_000;

export interface PlanRequest extends Asking {
  readonly kind: OperationKind;
  readonly params: Readonly<Record<string, unknown>>;
  readonly filter: PollFilter;
  /** What the admin wrote, for the audit. */
  readonly targets: Record<string, unknown>;
  /** Why a poll named in `filter.ids` may be missing, if more is known than “not found”. */
  readonly absent?: string;
  /** What this person's own permissions forbid them to do to a poll, in words that follow its number; null: nothing. */
  readonly forbids?: (poll: Poll) => string | null;
}

export interface PlanLimits {
  readonly maxPolls: number;
  readonly confirmDelayMs: number;
  /** Where many messages may be deleted at once. */
  readonly bulkDeletes?: BulkDeletes | undefined;
}

/**
 * Freezes what the targets match now into a draft with one item for each poll: `planned` if it will be changed,
 * `excluded` with the reason if not, `missing` if there is no such poll. Returns the draft's number. The same
 * interaction always gets the same draft. Throws `UserError` if nothing matches, if too much does, or if a private
 * operation would take too long.
 */
export async function planOperation(
  db: Db,
  request: PlanRequest,
  limits: PlanLimits,
  { processId, now }: Writer,
): Promise<number> {
  const { ids, ...found } = await matchPolls(db, request.scope, request.filter, limits.maxPolls);
  if (found.count > limits.maxPolls) throw tooMany(found, limits.maxPolls);
  const polls = [...(await loadPolls(db, request.scope, ids)).values()].sort((a, b) => a.id - b.id);
  const items = [...(await classify(db, polls, request, now)), ...missing(request, polls)];
  if (polls.length === 0) throw nothingMatches(items);
  const chosen = polls.filter((_poll, index) => items[index]!.skipReason === null);
  const expectedMs = request.kind.writesFiles
    ? expectedExportMs(chosen.length)
    : estimate(chosen, now, {
        kind: request.kind.delivery,
        bulkDeletes: limits.bulkDeletes,
        ahead: await waitingAhead(db, null),
      }).expectedMs;
  assertPrivatePossible(request.private, expectedMs);
  const { kind, params, targets } = request;
  const draft = {
    kind,
    params,
    targets,
    undoOf: null,
    estimateMs: expectedMs,
    confirmDelayMs: limits.confirmDelayMs,
    items,
  };
  return await createDraft(db, request, draft, { processId, now });
}

/** Whether a private message lives as long as an operation of this length. */
export function isPrivatePossible(expectedMs: number): boolean {
  return expectedMs < privateLimitMs;
}

/** Throws `UserError` if a private operation would outlive its message. */
export function assertPrivatePossible(wanted: boolean, expectedMs: number): void {
  if (!wanted || isPrivatePossible(expectedMs)) return;
  throw new UserError(
    `This would take about ${Math.ceil(expectedMs / 60_000)} minutes; \`private: true\` is possible only below ${operationLimits.privateMinutes} minutes, because Discord closes private messages after ${discordLimits.tokenMinutes}. Leave \`private\` out, or choose fewer polls.`,
  );
}

async function classify(
  db: Db,
  polls: readonly Poll[],
  { kind, params, forbids }: PlanRequest,
  now: Date,
): Promise<DraftItem[]> {
  const bound = kind.bind(params);
  if (bound.file) return polls.map((poll) => ({ pollId: poll.id, skipReason: forbids?.(poll) ?? null }));
  const reasons = new Map<number, string>();
  const changes: Becoming[] = [];
  for (const poll of polls) {
    const decision = decide(bound, poll, forbids, now);
    if (typeof decision === 'string') reasons.set(poll.id, decision);
    else changes.push({ poll, becomes: decision });
  }
  const all = new Map([...reasons, ...(await votesForbid(db, changes))]);
  return polls.map((poll) => ({ pollId: poll.id, skipReason: all.get(poll.id) ?? null }));
}

/** What becomes of a poll, or why it is left out. What its votes forbid is looked at later. */
function decide(
  kind: ChangingKind,
  poll: Poll,
  forbids: PlanRequest['forbids'],
  now: Date,
): PollChange | string {
  if (poll.heldBy !== null) return `held by Operation #${poll.heldBy}`;
  const decision = kind.decide(poll, now);
  return typeof decision === 'string' ? decision : (forbids?.(poll) ?? decision);
}

/** Numbers that were written and are unknown, deleted or of another server. They are named, not dropped. */
function missing({ filter, absent = 'not found' }: PlanRequest, polls: readonly Poll[]): DraftItem[] {
  const found = new Set(polls.map((poll) => poll.id));
  const filtered = Object.entries(filter).some(([name, value]) => name !== 'ids' && value !== undefined);
  const skipReason = filtered ? 'not found, or outside the other filters' : absent;
  return (filter.ids ?? [])
    .filter((id) => !found.has(id))
    .map((pollId) => ({ pollId, skipReason, missing: true }));
}

function tooMany(found: BoundedCount, limit: number): UserError {
  return new UserError(
    `${formatCount(found)} polls match, but one operation takes at most ${limit}. Nothing was changed. Narrow it with \`channel\`, \`status\`, \`text\`, \`created_before\` or \`created_after\`, or name ranges in \`polls\`.`,
  );
}

function nothingMatches(named: readonly DraftItem[]): UserError {
  const [first] = named;
  return new UserError(
    first === undefined
      ? 'No poll matches these targets. Nothing was changed. Loosen a filter, or see `/poll list` for the numbers.'
      : `No poll matches: ${formatPollNumbers(named.map((item) => item.pollId))} ${first.skipReason}. Nothing was changed. See \`/poll list\` for the numbers.`,
  );
}
