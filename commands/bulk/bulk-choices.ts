import type { AutocompleteInteraction } from 'discord.js';
import { discordLimits } from '../../src/base/display/discord-limits.ts';
import type { Caller } from '../../src/bot/caller.ts';
import type { Choice } from '../../src/bot/handlers.ts';
import { recentOperations } from '../../src/bulk/operation-store.ts';
import type { Scope } from '../../src/polls/scope.ts';
import { zoneChoices } from '../poll/poll-choices.ts';
import type { BulkServices } from './request/bulk-services.ts';
import { targets } from './request/target-options.ts';

/**
 * Suggestions for servers, operations, polls and time zones, always within the caller's scope; none if the caller is
 * not an admin.
 */
export async function bulkChoices(
  services: BulkServices,
  interaction: AutocompleteInteraction,
  caller: Caller,
): Promise<readonly Choice[]> {
  if (caller.scope === null) return [];
  const { name, value } = interaction.options.getFocused(true);
  const typed = String(value).trim();
  const target = Object.values(targets).find(({ option }) => option.name === name);
  if (target?.suggest) return await target.suggest(services, caller.scope, typed);
  switch (name) {
    case 'timezone':
      return zoneChoices(typed);
    case 'operation':
      return await operationChoices(services, caller.scope, typed);
    default:
      return [];
  }
}

async function operationChoices(services: BulkServices, scope: Scope, typed: string): Promise<Choice[]> {
  const wanted = typed.toLowerCase();
  const number = wanted.replace(/^#/, '');
  const operations = await recentOperations(services.db, scope, 200, Number(number));
  const choices = operations.map((operation) => ({
    name: `#${operation.id} · ${operation.kind} ${operation.total} · ${operation.state}`,
    value: operation.id,
  }));
  // A number first means the operation of that number, then an operation with so many polls.
  const rank = ({ name, value }: (typeof choices)[number]) => {
    if (String(value) === number) return 0;
    return name.startsWith(`#${number}`) ? 1 : 2;
  };
  return choices
    .filter((choice) => choice.name.toLowerCase().includes(wanted))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, discordLimits.choices);
}
