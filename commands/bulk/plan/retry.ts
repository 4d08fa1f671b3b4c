import type { ChatInputCommandInteraction } from 'discord.js';
import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import type { OpenInvocation, PressHandler, PressInteraction } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { startRetry } from '../../../src/bulk/plan/retry.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { actorOf } from '../request/caller.ts';
import { knownOperation } from '../request/known-operation.ts';
import { operationIn, operationOption } from '../request/operation-option.ts';
import { postAndRun } from './post-and-run.ts';

/** `/bulk retry` */
export function retrySubcommand(services: BulkServices): Subcommand {
  return {
    definition: subcommandDefinition(
      'retry',
      "Try an operation's failed polls again",
      operationOption('required'),
    ),
    acknowledge: 'self',
    run: (invocation) => retryFailed(services, invocation, operationIn(invocation.interaction)),
  };
}

/** `Retry failed` */
export function retryPress(services: BulkServices): PressHandler {
  return onPress(customIds.retry, {
    acknowledge: 'self',
    run: (invocation, { operation }) => retryFailed(services, invocation, operation),
  });
}

/** Starts a new operation over exactly the failed polls, with its own progress message. */
async function retryFailed(
  services: BulkServices,
  invocation: OpenInvocation<ChatInputCommandInteraction | PressInteraction>,
  id: number,
): Promise<void> {
  const { caller, respond } = invocation;
  const original = await knownOperation(services, id, caller);
  const now = services.clock.now();
  const request = {
    actor: actorOf(invocation, now),
    serverId: caller.serverId,
    channelId: caller.channelId,
    locale: caller.locale,
    processId: services.processId,
    bulkDeletes: services.names.bulkDeletes,
  };
  const operation = await startRetry(services.db, original, request, now);
  if (operation) await postAndRun(services, operation, respond);
  else respond.leave();
}
