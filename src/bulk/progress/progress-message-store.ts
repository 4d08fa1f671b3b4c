import type { Db } from '../../db/schema.ts';

/** Notes that the result needs no showing any more. */
export async function noteShown(db: Db, operationId: number): Promise<void> {
  await db.updateTable('operations').set({ result_shown: true }).where('id', '=', operationId).execute();
}

/** Asks that the result of an ended operation is shown once more, by any process: something older may stand over it. */
export async function showAgain(db: Db, operationId: number): Promise<void> {
  await db
    .updateTable('operations')
    .set({ result_shown: false, lease_until: null })
    .where('id', '=', operationId)
    .where('finished_at', 'is not', null)
    .where('result_shown', '=', true)
    .execute();
}

/** Notes which message is the operation's: after a restart it is edited on. */
export async function rememberMessage(
  db: Db,
  operationId: number,
  messageId: string,
  channelId: string,
): Promise<void> {
  await db
    .updateTable('operations')
    .set({ progress_message_id: messageId, progress_channel_id: channelId })
    .where('id', '=', operationId)
    .where('progress_message_id', 'is', null)
    .execute();
}

/** From now on the progress message is edited (or posted) as the bot. */
export async function forgetToken(db: Db, operationId: number): Promise<void> {
  await db
    .updateTable('operations')
    .set({ progress_token: null, progress_token_expires_at: null })
    .where('id', '=', operationId)
    .execute();
}
