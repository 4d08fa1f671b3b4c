import type { AutocompleteInteraction } from 'discord.js';
import type { Caller, Choice } from '../../src/bot/handlers.ts';
import { recentOperations } from '../../src/bulk/operation-store.ts';
import type { BulkServices } from './bulk-services.ts';

const mostChoices = 25;

/** Suggestions for `server` and `operation`, always within the caller's scope; none for somebody who is no admin. */
export async function bulkChoices(
  services: BulkServices,
  interaction: AutocompleteInteraction,
  caller: Caller,
): Promise<readonly Choice[]> {
  if (caller.scope === null) return [];
  const { name, value } = interaction.options.getFocused(true);
  const typed = String(value).trim().toLowerCase();
  if (name === 'server') return services.serverChoices(caller.scope, typed).slice(0, mostChoices);
  if (name !== 'operation') return [];
  const operations = await recentOperations(services.db, caller.scope, 200);
  return operations
    .map((operation) => ({
      name: `#${operation.id} · ${operation.kind} ${operation.total} · ${operation.state}`,
      value: operation.id,
    }))
    .filter((choice) => choice.name.toLowerCase().includes(typed.replace(/^#/, '')))
    .slice(0, mostChoices);
}
