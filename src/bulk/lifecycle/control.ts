import { sql } from 'kysely';
import { UserError } from '../../base/errors.ts';
import type { Db } from '../../db/schema.ts';
import { inTransaction, type Trx } from '../../db/transaction.ts';
import type { Scope } from '../../polls/scope.ts';
import { appendAudit } from '../audit/audit.ts';
import { clockGoesOn, type OperationRow, type OperationState } from '../operation.ts';
import { visibleTo } from '../visible-operations.ts';

/** Who asks, and what the audit notes of it. `userId: null`: the bot itself. */
export interface Controller {
  readonly userId: string | null;
  readonly processId: string;
  /** The press or command, and where it was made. */
  readonly from?: { readonly interactionId: string; readonly serverId: string; readonly channelId: string };
  /** Why the bot itself does it. */
  readonly reason?: string;
}

/** Whether an admin with this scope may see, pause, resume, cancel or retry it. The rule is that of `visibleTo`. */
export async function mayControl(db: Db, operation: OperationRow, scope: Scope): Promise<boolean> {
  const found = await db
    .selectFrom('operations')
    .select('id')
    .where('id', '=', operation.id)
    .where(visibleTo(scope))
    .executeTakeFirst();
  return found !== undefined;
}

/** Stops touching messages, and frees the slot; the clock stands. Throws `UserError` unless it has started and runs. */
export async function pauseOperation(db: Db, id: number, by: Controller, now: Date): Promise<void> {
  const change = { state: 'paused', ...clockGoesOn(now), paused_at: now, resumed_at: null } as const;
  await transition(db, id, { from: ['running', 'resumed'], change, event: 'paused' }, { by, now });
}

/**
 * Waits for the next free slot, ahead of operations that have not started; the clock stands. Throws `UserError`
 * unless it is paused.
 */
export async function resumeOperation(db: Db, id: number, by: Controller, now: Date): Promise<void> {
  const change = { state: 'queued', resumed_at: now } as const;
  await transition(db, id, { from: ['paused'], change, event: 'resumed' }, { by, now });
}

/** Asks the owner to stop and to put back what no message shows yet. Throws `UserError` if it has ended. */
export async function cancelOperation(db: Db, id: number, by: Controller, now: Date): Promise<void> {
  const change = { state: 'cancelling', cancelled_by: by.userId, ...clockGoesOn(now) } as const;
  const from = ['queued', 'running', 'paused', 'resumed'] as const;
  await transition(db, id, { from, change, event: 'cancel requested' }, { by, now });
}

/** Cancels the operation if it has been paused since then or longer. Otherwise does nothing. */
export async function cancelPausedSince(
  db: Db,
  id: number,
  { since, by, now }: { readonly since: Date; readonly by: Controller; readonly now: Date },
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const stands = await trx
      .selectFrom('operations')
      .select('id')
      .where('id', '=', id)
      .where('state', '=', 'paused')
      .where('paused_at', '<=', since)
      .forUpdate()
      .executeTakeFirst();
    if (stands) await cancelOperation(trx, id, by, now);
  });
}

/** `resumed`: queued again after a pause. */
type Standing = OperationState | 'resumed';

interface Transition {
  readonly from: readonly Standing[];
  readonly change: Record<string, unknown> & { readonly state: OperationState };
  readonly event: 'paused' | 'resumed' | 'cancel requested';
}

async function transition(
  db: Db,
  id: number,
  { from, change, event }: Transition,
  { by, now }: { readonly by: Controller; readonly now: Date },
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const before = await trx
      .selectFrom('operations')
      .select(['state', 'resumed_at'])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    const was = before?.state === 'queued' && before.resumed_at !== null ? 'resumed' : before?.state;
    if (was === undefined || !from.includes(was)) {
      if (by.from && (await isDone(trx, id, event, by.from.interactionId))) return;
      throw refusal(id, was, event);
    }
    await trx.updateTable('operations').set(change).where('id', '=', id).execute();
    await appendAudit(trx, now, {
      operationId: id,
      actorId: by.userId,
      process: by.processId,
      event,
      details: {
        was,
        ...(by.from && {
          interaction: by.from.interactionId,
          server: by.from.serverId,
          channel: by.from.channelId,
        }),
        ...(by.reason !== undefined && { why: by.reason }),
      },
    });
  });
}

/** Whether this very interaction has done it already. It may be delivered twice, or its commit be answered twice. */
async function isDone(trx: Trx, id: number, event: string, interactionId: string): Promise<boolean> {
  const done = await trx
    .selectFrom('audit')
    .select('id')
    .where('operation_id', '=', id)
    .where('event', '=', event)
    .where(sql<string>`details->>'interaction'`, '=', interactionId)
    .executeTakeFirst();
  return done !== undefined;
}

function refusal(id: number, state: Standing | undefined, event: string): UserError {
  const wish = { paused: 'paused', resumed: 'resumed', 'cancel requested': 'cancelled' }[event];
  const now: Partial<Record<Standing, string>> = {
    queued: 'is still queued',
    resumed: 'goes on already, as soon as a slot is free',
    running: 'is running',
    paused: 'is paused already',
    cancelling: 'is being cancelled already',
  };
  const reason = (state && now[state]) ?? (state ? `has ended (${state})` : 'does not exist');
  return new UserError(`Operation #${id} ${reason}, so it cannot be ${wish}.`);
}
