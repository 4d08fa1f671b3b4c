import { isDeepStrictEqual } from 'node:util';
import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  Routes,
} from 'discord-api-types/v10';
import type { CallOptions, Route } from '../delivery/rest-calls.ts';
import type { Logger } from '../log.ts';
import type { ContextCommand, SlashCommand } from './handlers.ts';

/** What it asks of the REST client. */
interface CommandCalls {
  get(route: Route, options?: CallOptions): Promise<unknown>;
  put(route: Route, options?: CallOptions): Promise<unknown>;
}

type Definition = (SlashCommand | ContextCommand)['definition'];

/**
 * Registers the commands for all servers, unless they are registered already just so: Discord allows few changes a day
 * and clients take a while to follow. Returns whether anything was sent.
 */
export async function registerCommands(
  rest: CommandCalls,
  applicationId: string,
  definitions: readonly Definition[],
  log: Logger,
): Promise<boolean> {
  const wanted = definitions.map(inServersOnly);
  const route = Routes.applicationCommands(applicationId);
  const query = new URLSearchParams({ with_localizations: 'true' });
  const registered = await rest.get(route, { query }).catch((error: unknown): null => {
    log.warn({ err: error }, 'cannot see which commands are registered, so they are registered again');
    return null;
  });
  if (Array.isArray(registered) && isDeepStrictEqual(sorted(registered), sorted(wanted))) return false;
  await rest.put(route, { body: wanted });
  log.info({ commands: wanted.map((one) => one.name) }, 'registered the commands');
  return true;
}

function inServersOnly(definition: Definition): Definition {
  return {
    ...definition,
    type: definition.type ?? ApplicationCommandType.ChatInput,
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
  } as Definition;
}

function sorted(commands: readonly object[]): unknown[] {
  const key = (command: unknown) => JSON.stringify(command);
  return commands.map((command) => essence(command)).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Without what Discord adds of its own and without defaults, which it spells out or leaves out as it likes. */
function essence(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(essence);
    return items.every((item) => typeof item === 'number') ? items.sort((a, b) => a - b) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .filter(([key, inner]) => !addedByDiscord.has(key) && !isDefault(inner))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(kept.map(([key, inner]) => [key, essence(inner)]));
}

const addedByDiscord = new Set(['id', 'application_id', 'version', 'guild_id', 'dm_permission', 'handler']);

function isDefault(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
