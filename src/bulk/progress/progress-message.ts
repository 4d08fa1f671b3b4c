import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { Db } from '../../db/schema.ts';
import type { Messages, Sent } from '../../delivery/messages/messages.ts';
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

/** Edits through a token are cheap for us; as the bot they share the channel's limit with its polls. Milliseconds. */
const byTokenEveryMs = 1000;
const asBotEveryMs = 3000;
/** A refusal that a right or the end of a time-out may lift is asked about so often. */
const refusedEveryMs = 60_000;

/**
 * Keeps one operation's progress message true until `stop`, then shows its result. One edit in flight; the latest state
 * wins; what is shown is read from rows, so another process goes on with the same message.
 */
export async function keepProgressMessage(
  deps: ProgressMessageDeps,
  operationId: number,
  ended: AbortSignal,
): Promise<void> {
  let shown = '';
  while (!ended.aborted) {
    const rows = await readProgress(deps.db, operationId, deps.clock.now());
    const key = progressKey(rows);
    let pauseMs = hasToken(rows.operation, deps.clock.now()) ? byTokenEveryMs : asBotEveryMs;
    if (key !== shown && !isResult(rows.operation.state)) {
      const sent = await showProgress(deps, rows);
      if (sent.type === 'sent') shown = key;
      if (sent.type === 'refused') {
        // Asking again would be refused again; the result finds another way.
        if (!wantsPermission(sent.code)) return;
        pauseMs = refusedEveryMs;
      }
      if (sent.type === 'retry') pauseMs = Math.max(pauseMs, sent.afterMs);
    }
    await deps.clock.sleep(pauseMs, ended);
  }
}

/**
 * Shows the result, again and again until Discord takes it or refuses every way to the admin; then notes in the row that
 * it is shown. Stops early when `signal` aborts: whoever owns the operation next goes on.
 */
export async function showResult(
  deps: ProgressMessageDeps,
  operationId: number,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = 500; !signal.aborted; pauseMs = Math.min(pauseMs * 2, 15_000)) {
    const rows = await readProgress(deps.db, operationId, deps.clock.now());
    let sent = await showProgress(deps, rows);
    if (sent.type === 'refused') sent = await sendDirect(deps, rows);
    // Nobody can be shown anything without a token: whoever starts with a good one does it.
    if (sent.type === 'refused' && sent.code === '401') return;
    if (sent.type !== 'retry') {
      if (sent.type === 'refused') {
        deps.log.warn(
          { operation: operationId, code: sent.code },
          'the result could not be shown to anybody',
        );
      }
      await noteShown(deps.db, operationId);
      return;
    }
    await deps.clock.sleep(Math.max(pauseMs, sent.afterMs), signal);
  }
}

/** Edits the message through the token while it lives, then as the bot; posts it where it never appeared. */
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
  return showAsBot(deps, operation, body);
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
    // Where the press was only acknowledged, the "original" is the private preview that it was made on.
    if (original.ephemeral && !operation.private)
      return { type: 'refused', code: 'private', reason: 'the message was never posted' };
    messageId = original.messageId;
    await rememberMessage(deps.db, operation.id, messageId, original.channelId);
  }
  return deps.messages.editByToken(token, messageId, body);
}

async function showAsBot(
  deps: ProgressMessageDeps,
  operation: OperationRow,
  body: MessageBody,
): Promise<Sent> {
  const channelId = operation.progress_channel_id ?? operation.channel_id;
  if (operation.progress_message_id !== null) {
    return deps.messages.edit(channelId, operation.progress_message_id, body);
  }
  // Whoever confirmed it may have had it as the answer, or another process may have posted it.
  const lost = lostSince(operation, operation.confirmed_at);
  const sent = await deps.messages.post(channelId, body, `op-${operation.id}`, lost);
  if (sent.type === 'sent') await rememberMessage(deps.db, operation.id, sent.messageId, sent.channelId);
  // What was posted then is an older picture.
  return sent.type === 'sent' && sent.found ? deps.messages.edit(channelId, sent.messageId, body) : sent;
}

/** Where the channel is closed to the bot, the result reaches the admin by direct message. */
async function sendDirect(deps: ProgressMessageDeps, rows: ProgressRows): Promise<Sent> {
  const { operation } = rows;
  const body = renderDirectResult(rows, deps.names, { guildId: operation.scope_guild_id }, deps.clock.now());
  const lost = lostSince(operation, operation.finished_at);
  return deps.messages.direct(operation.admin_id, body, `op-${operation.id}-result`, lost);
}

/** The operation's message in a channel, if it was posted there since, by whatever way. */
function lostSince(operation: OperationRow, triedAt: Date | null): Lost | null {
  if (triedAt === null) return null;
  const title = `Operation #${operation.id} · `;
  return { triedAt, isIt: ({ embeds }) => embeds?.some((embed) => embed.title?.startsWith(title)) ?? false };
}

/** A private message is for an admin who may see all its polls; a public one is read by the server it stands in. */
export function audienceOf(operation: OperationRow): Audience {
  return { guildId: operation.private ? operation.scope_guild_id : operation.guild_id };
}

function hasToken(operation: OperationRow, now: Date): boolean {
  return (
    operation.progress_token !== null &&
    operation.progress_token_expires_at !== null &&
    operation.progress_token_expires_at > now
  );
}
