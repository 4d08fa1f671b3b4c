import type { ChatInputCommandInteraction } from 'discord.js';
import type { Caller, PressHandler, PressInteraction, Respond } from '../../../src/bot/handlers.ts';
import { startRetry } from '../../../src/bulk/plan/retry.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { actorOf } from '../request/caller.ts';
import { knownOperation } from '../request/known-operation.ts';
import { postAndRun } from './post-and-run.ts';

/** `Retry failed` and `/bulk retry`: a new operation over exactly the failed polls, with its own progress message. */
export async function startFailedAgain(
  services: BulkServices,
  id: number,
  interaction: ChatInputCommandInteraction | PressInteraction,
  caller: Caller,
  respond: Respond,
): Promise<void> {
  const original = await knownOperation(services, id, caller);
  const now = services.clock.now();
  const request = {
    actor: actorOf(interaction, caller, now),
    guildId: caller.guildId,
    channelId: caller.channelId,
    locale: caller.locale,
    process: services.process,
    bulkDeletes: services.names.bulkDeletes,
  };
  const operation = await startRetry(services.db, original, request, now);
  if (operation) await postAndRun(services, operation, respond);
  else respond.leave();
}

export function retryPress(services: BulkServices): PressHandler {
  return {
    action: 'retry',
    acknowledge: 'self',
    run: (interaction, [id], caller, respond) =>
      startFailedAgain(services, Number(id), interaction, caller, respond),
  };
}
