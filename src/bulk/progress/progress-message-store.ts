import type { Db } from '../../db/schema.ts';

/** The result needs to be shown no more. */
export async function noteShown(db: Db, operationId: number): Promise<void> {
  await db.updateTable('operations').set({ result_shown: true }).where('id', '=', operationId).execute();
}

/** Has the result of an ended operation shown once more, by whoever comes first: something older may stand over it. */
export async function showAgain(db: Db, operationId: number): Promise<void> {
  await db
    .updateTable('operations')
    .set({ result_shown: false, lease_until: null })
    .where('id', '=', operationId)
    .where('finished_at', 'is not', null)
    .where('result_shown', '=', true)
    .execute();
}

/** Which message is the operation's: a restart goes on with it. */
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
