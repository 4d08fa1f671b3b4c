import type { Respond } from '../../../src/bot/respond.ts';
import type { OperationRow } from '../../../src/bulk/operation.ts';
import { renderProgress } from '../../../src/bulk/progress/progress-embed.ts';
import { audienceOf } from '../../../src/bulk/progress/progress-message.ts';
import { forgetToken, rememberMessage } from '../../../src/bulk/progress/progress-message-store.ts';
import { readProgress } from '../../../src/bulk/progress/progress-store.ts';
import type { BulkServices } from '../request/bulk-services.ts';

/**
 * Hands a confirmed operation to the runner, and posts its progress message as the response to the press. The work
 * does not wait for the message, but the message's next edit waits for the response.
 */
export async function postAndRun(
  services: BulkServices,
  operation: OperationRow,
  respond: Respond,
): Promise<void> {
  const posted = post(services, operation, respond).catch((error: unknown) => {
    // The operation runs all the same. The runner posts its message.
    services.log.error(
      { err: error, operation: operation.id },
      'the progress message could not be posted as a response',
    );
  });
  services.runner.adopt({ lease: { operationId: operation.id, fence: operation.fence }, posted });
  await posted;
}

async function post(services: BulkServices, operation: OperationRow, respond: Respond): Promise<void> {
  const { db, runner, names, clock } = services;
  await runner.admit();
  const rows = await readProgress(db, operation.id, clock.now());
  const body = renderProgress(rows, names, audienceOf(rows.operation), clock.now());
  const { posted, messageId } = await respond.message(body, {
    private: operation.private,
    owed: true,
  });
  if (!posted) await forgetToken(db, operation.id);
  else if (messageId !== null) await rememberMessage(db, operation.id, messageId, operation.channel_id);
}
