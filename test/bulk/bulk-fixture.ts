import { close } from '../../src/bulk/kinds/close.ts';
import type { Lease } from '../../src/bulk/lifecycle/fence.ts';
import type { OperationRow } from '../../src/bulk/operation.ts';
import { findOperation } from '../../src/bulk/operation-store.ts';
import { type Actor, confirmDraft } from '../../src/bulk/plan/confirm.ts';
import type { Asking } from '../../src/bulk/plan/draft-store.ts';
import { type PlanRequest, planOperation } from '../../src/bulk/plan/plan.ts';
import type { Db } from '../../src/db/schema.ts';
import { everyServer } from '../../src/polls/scope.ts';
import { channelId, minutes, now, postedPoll, serverId } from '../polls/poll-fixture.ts';

export const adminId = '900000000000000500';
export const processName = 'test-process';
export const later = minutes(1);

let interactions = 950_000_000_000_000_000n;

/** A fresh interaction id: every effect is keyed by one. */
export function interactionId(): string {
  interactions += 1n;
  return String(interactions);
}

export async function postedPolls(db: Db, count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let index = 0; index < count; index++) ids.push((await postedPoll(db, interactionId())).id);
  return ids;
}

export function planRequest(changes: Partial<PlanRequest> = {}): PlanRequest {
  return {
    kind: close,
    params: { notify: false },
    filter: { status: 'active' },
    targets: { status: 'active' },
    scope: everyServer,
    adminId,
    serverId,
    channelId,
    interactionId: interactionId(),
    token: 'preview-token',
    locale: 'en-US',
    reason: null,
    private: false,
    ...changes,
  };
}

export function plan(db: Db, changes: Partial<PlanRequest> = {}): Promise<number> {
  return planOperation(
    db,
    planRequest(changes),
    { maxPolls: 1000, confirmDelayMs: 5000 },
    { processId: processName, now },
  );
}

export function actor(changes: Partial<Actor> = {}): Actor {
  return {
    userId: adminId,
    scope: everyServer,
    interactionId: interactionId(),
    token: 'press-token',
    tokenExpiresAt: minutes(15),
    ...changes,
  };
}

export async function operationOf(db: Db, id: number): Promise<OperationRow> {
  const operation = await findOperation(db, everyServer, id);
  if (!operation) throw new Error(`no operation ${id}`);
  return operation;
}

/** Planned, confirmed and running, as its runner would hold it. */
export async function running(db: Db, changes: Partial<PlanRequest> = {}): Promise<Lease> {
  const draft = await operationOf(db, await plan(db, changes));
  const confirmed = await confirmDraft(db, draft, actor({ userId: draft.admin_id }), {
    processId: processName,
    now: later,
  });
  if (!confirmed) throw new Error('not confirmed');
  return await start(db, confirmed);
}

export async function start(db: Db, operation: OperationRow): Promise<Lease> {
  await db
    .updateTable('operations')
    .set({ state: 'running', started_at: later })
    .where('id', '=', operation.id)
    .execute();
  return { operationId: operation.id, fence: operation.fence };
}

export async function itemStates(db: Db, operationId: number): Promise<Record<number, string>> {
  const items = await db
    .selectFrom('operation_items')
    .select(['poll_id', 'state', 'message'])
    .where('operation_id', '=', operationId)
    .execute();
  return Object.fromEntries(
    items.map((item) => [
      item.poll_id,
      item.message === null ? item.state : `${item.state}: ${item.message}`,
    ]),
  );
}

/** What became of a poll whose message Discord took. */
export const done = { state: 'done', code: null, message: null, attempts: 1, remark: null } as const;

/** What became of a poll whose channel the bot does not see. */
export const refused = {
  state: 'failed',
  code: '50001',
  message: 'no access',
  attempts: 1,
  remark: null,
} as const;

/** Who presses `Retry failed`. */
export function retryRequest(by: Partial<Actor> = {}) {
  return { actor: actor(by), serverId, channelId, locale: 'en-US', processId: processName };
}

/** Who asks for an undo. */
export function asking(): Asking {
  return {
    scope: everyServer,
    adminId,
    serverId,
    channelId,
    interactionId: interactionId(),
    token: 'token',
    locale: 'en-US',
    reason: null,
    private: false,
  };
}

/** Everything of the polls and their votes but what counts changes and deliveries. */
export async function dump(db: Db) {
  const polls = await db.selectFrom('polls').selectAll().orderBy('id').execute();
  const votes = await db
    .selectFrom('votes')
    .selectAll()
    .orderBy('poll_id')
    .orderBy('user_id')
    .orderBy('position')
    .execute();
  return {
    votes,
    polls: polls.map(
      ({ version, revision, shown_revision, sent_revision, message_id, removal_tried, ...kept }) => kept,
    ),
  };
}
