import { isDeepStrictEqual } from 'node:util';
import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  Routes,
} from 'discord-api-types/v10';
import { type PatienceParts, patiently } from '../../base/patience.ts';
import type { CallOptions, Route } from '../../delivery/rest-calls.ts';
import type { ContextCommand, SlashCommand } from '../handlers.ts';
import { discordHiccup } from './discord-hiccup.ts';

/** What it asks of the REST client. */
interface CommandCalls {
  get(route: Route, options?: CallOptions): Promise<unknown>;
  put(route: Route, options?: CallOptions): Promise<unknown>;
}

export type Definition = (SlashCommand | ContextCommand)['definition'];

/**
 * Registers the commands for all servers, unless they are registered already just so. Discord allows few changes a
 * day, and clients take a while to follow. Returns whether anything was sent.
 *
 * It replaces what the application has, except its Entry Point. Discord gives that to applications with an Activity,
 * and it must be sent along (50240 otherwise, https://github.com/serenity-rs/serenity/issues/2993).
 */
export async function registerCommands(
  rest: CommandCalls,
  applicationId: string,
  definitions: readonly Definition[],
  parts: PatienceParts,
): Promise<boolean> {
  const wanted = definitions.map(inServersOnly);
  const route = Routes.applicationCommands(applicationId);
  const query = new URLSearchParams({ with_localizations: 'true' });
  const patient = <T>(work: () => Promise<T>) =>
    patiently('registering the commands', work, discordHiccup, parts);
  const registered = (await patient(() => rest.get(route, { query }))) as Registered[];
  const isEntryPoint = ({ type }: Registered) => type === ApplicationCommandType.PrimaryEntryPoint;
  const ours = registered.filter((command) => !isEntryPoint(command));
  if (isDeepStrictEqual(sorted(ours), sorted(wanted))) return false;
  await patient(() => rest.put(route, { body: [...wanted, ...registered.filter(isEntryPoint).map(asItIs)] }));
  const names = wanted.map(({ name }) => name);
  const removed = ours.map(({ name }) => name).filter((name) => !names.includes(name));
  parts.log.info({ commands: names, ...(removed.length > 0 ? { removed } : {}) }, 'registered the commands');
  return true;
}

/** A command as Discord tells of it. */
interface Registered {
  readonly name: string;
  readonly type?: ApplicationCommandType;
}

/** What must be sent to keep it as it is. */
function asItIs(command: Registered): object {
  return Object.fromEntries(
    Object.entries(command).filter(
      ([key, value]) => (key === 'id' || !addedByDiscord.has(key)) && !isDefault(value),
    ),
  );
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

/**
 * The command without what Discord adds of its own, and without defaults, which it spells out or leaves out as it
 * likes.
 */
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

const addedByDiscord = new Set(['id', 'application_id', 'version', 'guild_id', 'dm_permission']);

function isDefault(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
