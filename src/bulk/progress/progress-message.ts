import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { Loop } from '../../base/loop.ts';
import type { MessageBody } from '../../base/message-body.ts';
import { levelOf } from '../../db/database-away.ts';
import type { Db } from '../../db/schema.ts';
import type { Messages, Sent } from '../../delivery/messages/messages.ts';
import { sendUntilTaken } from '../../delivery/messages/send-until-taken.ts';
import { wantsPermission } from '../../delivery/refusals.ts';
import type { Lost } from '../../delivery/sending/own-messages.ts';
import { isResult, type OperationRow } from '../operation.ts';
import type { Audience, Names } from '../words/naming.ts';
import { progressKey } from './progress.ts';
import { renderDirectResult, renderProgress } from './progress-embed.ts';
import { forgetToken, noteShown, rememberMessage } from './progress-message-store.ts';
import { type ProgressRows, readProgress } from './progress-store.ts';

export interface ProgressMessageDeps {
  readonly db: Db;
  readonly messages: Messages;
  readonly names: Names;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The shortest pause between two edits through a token, in ms. An edit as the bot counts against the channel's limit,
 * which its polls need.
 */
const byTokenEveryMs = 1000;
const asBotEveryMs = 3000;
/** How often, in ms, an edit is tried again that was refused for want of a right or because of a time-out. */
const refusedEveryMs = 60_000;
const afterErrorMs = 1000;

/**
 * Keeps one operation's progress message true until it is stopped. One edit is in flight at a time,
 * and it shows the latest state. All of it is read from rows, so another process can go on with the same message.
 */
export function createProgressLoop(deps: ProgressMessageDeps, operationId: number): Loop {
  const { db, clock, log } = deps;
  let shown = '';
  const turn = async (): Promise<number | null> => {
    const rows = await readProgress(db, operationId, clock.now());
    const key = progressKey(rows);
    const pauseMs = hasToken(rows.operation, clock.now()) ? byTokenEveryMs : asBotEveryMs;
    if (key === shown || isResult(rows.operation.state)) return pauseMs;
    const sent = await showProgress(deps, rows);
    if (sent.type === 'retry') return Math.max(pauseMs, sent.afterMs);
    if (sent.type === 'sent') {
      shown = key;
      return pauseMs;
    }
    // If no right is missing, another edit would be refused again. The result finds another way.
    return wantsPermission(sent.code) ? refusedEveryMs : null;
  };
  return new Loop({
    clock,
    log: log.child({ operation: operationId }),
    turn,
    afterErrorMs,
    failed: 'the progress message could not be kept up',
    level: levelOf,
  });
}

/**
 * Shows the result. Tries until Discord takes it or refuses every way to the admin; then the row says that it is
 * shown. Stops early when `signal` aborts: the next owner of the operation goes on.
 */
export async function showResult(
  deps: ProgressMessageDeps,
  operationId: number,
  signal: AbortSignal,
): Promise<void> {
  const send = async () => {
    const rows = await readProgress(deps.db, operationId, deps.clock.now());
    const sent = await showProgress(deps, rows);
    return sent.type === 'refused' ? await sendDirect(deps, rows) : sent;
  };
  const sent = await sendUntilTaken(deps.clock, send, { stopping: signal });
  if (sent.type === 'retry') return;
  if (sent.type === 'refused') {
    // Without a token nothing can be shown. The next process with a good one does it.
    if (sent.code === '401') return;
    deps.log.warn({ operation: operationId, code: sent.code }, 'the result could not be shown to anybody');
  }
  await noteShown(deps.db, operationId);
}

/** Edits the message, through the token while that lives, then as the bot. Posts it if it never appeared. */
async function showProgress(deps: ProgressMessageDeps, rows: ProgressRows): Promise<Sent> {
  const { operation } = rows;
  const body = renderProgress(rows, deps.names, audienceOf(operation), deps.clock.now());
  if (hasToken(operation, deps.clock.now())) {
    const sent = await editByToken(deps, operation, body);
    if (sent.type !== 'refused') return sent;
    deps.log.info(
      { operation: operation.id, code: sent.code },
      'the progress message is no longer reachable by token',
    );
    await forgetToken(deps.db, operation.id);
  }
  if (operation.private)
    return { type: 'refused', code: 'private', reason: 'the private message can no longer be edited' };
  return await showAsBot(deps, operation, body);
}

async function editByToken(
  deps: ProgressMessageDeps,
  operation: OperationRow,
  body: MessageBody,
): Promise<Sent> {
  const token = operation.progress_token!;
  let messageId = operation.progress_message_id;
  if (messageId === null) {
    const original = await deps.messages.originalOf(token);
    if (original.type !== 'sent') return original;
    // If the press was only acknowledged, the "original" is the private preview that was pressed.
    if (original.ephemeral && !operation.private)
      return { type: 'refused', code: 'private', reason: 'the message was never posted' };
    messageId = original.messageId;
    await rememberMessage(deps.db, operation.id, messageId, original.channelId);
  }
  return await deps.messages.editByToken(token, messageId, body);
}

async function showAsBot(
  deps: ProgressMessageDeps,
  operation: OperationRow,
  body: MessageBody,
): Promise<Sent> {
  const channelId = operation.progress_channel_id ?? operation.channel_id;
  if (operation.progress_message_id !== null) {
    return await deps.messages.edit(channelId, operation.progress_message_id, body);
  }
  // The answer to the press may have posted it, or another process.
  const lost = lostSince(operation, operation.confirmed_at);
  const sent = await deps.messages.post(channelId, body, `op-${operation.id}`, lost);
  if (sent.type === 'sent') await rememberMessage(deps.db, operation.id, sent.messageId, sent.channelId);
  // The message that was found shows an older state.
  return sent.type === 'sent' && sent.found
    ? await deps.messages.edit(channelId, sent.messageId, body)
    : sent;
}

/** Sends the result to the admin by direct message, for a channel that is closed to the bot. */
async function sendDirect(deps: ProgressMessageDeps, rows: ProgressRows): Promise<Sent> {
  const { operation } = rows;
  const body = renderDirectResult(rows, deps.names, { serverId: operation.scope_guild_id }, deps.clock.now());
  const lost = lostSince(operation, operation.finished_at);
  return await deps.messages.direct(operation.admin_id, body, `op-${operation.id}-result`, lost);
}

/** How to find the operation's message in a channel, if it was posted there since `triedAt`, in whatever way. */
function lostSince(operation: OperationRow, triedAt: Date | null): Lost | null {
  if (triedAt === null) return null;
  const title = `Operation #${operation.id} · `;
  return { triedAt, isIt: ({ embeds }) => embeds?.some((embed) => embed.title?.startsWith(title)) ?? false };
}

/**
 * Who reads the message. A private one is for an admin who may see all its polls; a public one is read by its server.
 */
export function audienceOf(operation: OperationRow): Audience {
  return { serverId: operation.private ? operation.scope_guild_id : operation.guild_id };
}

function hasToken(operation: OperationRow, now: Date): boolean {
  return (
    operation.progress_token !== null &&
    operation.progress_token_expires_at !== null &&
    operation.progress_token_expires_at > now
  );
}
