/** Stands in for the registration of commands (Discord's reference, "Application Commands", "Endpoints"). */

import { refuse } from '../rules/api-error.ts';
import type { CommandBody, StoredCommand } from '../world/command.ts';
import type { World } from '../world/world.ts';
import { type Answer, type Call, noContent, ok, type Route } from './route.ts';

/** Registration of commands, global and for one guild. */
export const commandRoutes: readonly Route[] = [
  ...family('/applications/:application/commands'),
  ...family('/applications/:application/guilds/:guild/commands'),
];

function family(base: string): Route[] {
  const auth = 'bot';
  return [
    { method: 'GET', path: base, auth, handle: list },
    { method: 'PUT', path: base, auth, body: 'commands', handle: replaceAll },
    { method: 'POST', path: base, auth, body: 'command', handle: create },
    { method: 'GET', path: `${base}/:command`, auth, handle: (call) => ok(payload(call.world, find(call))) },
    { method: 'PATCH', path: `${base}/:command`, auth, body: 'commandEdit', handle: change },
    { method: 'DELETE', path: `${base}/:command`, auth, handle: remove },
  ];
}

function list(call: Call): Answer {
  return ok(own(call).map((command) => payload(call.world, command)));
}

function replaceAll(call: Call): Answer {
  const bodies = call.body as CommandBody[];
  const before = own(call);
  const leavesOut = ({ body }: StoredCommand) => isEntryPoint(body) && !bodies.some(isEntryPoint);
  if (before.some(leavesOut)) throw refuse.entryPointLeftOut();
  for (const command of before) call.world.commands.delete(command.id);
  return ok(bodies.map((body) => payload(call.world, store(call, body, before))));
}

function create(call: Call): Answer {
  const before = own(call);
  const existed = before.some((command) => same(command.body, call.body));
  return ok(payload(call.world, store(call, call.body, before)), existed ? 200 : 201);
}

function change(call: Call): Answer {
  const command = find(call);
  const changed = {
    ...command,
    body: { ...command.body, ...(call.body as CommandBody) },
    version: call.world.newId(),
  };
  call.world.commands.set(command.id, changed);
  return ok(payload(call.world, changed));
}

function remove(call: Call): Answer {
  call.world.commands.delete(find(call).id);
  return noContent;
}

function own({ world, params }: Call): StoredCommand[] {
  if (params.application !== world.applicationId) throw refuse.notFound();
  if (params.guild && !world.guilds.get(params.guild)?.members.has(world.bot.id)) throw refuse.noAccess();
  return [...world.commands.values()].filter((command) => command.guildId === (params.guild ?? null));
}

function find(call: Call): StoredCommand {
  const command = own(call).find(({ id }) => id === call.params.command);
  if (!command) throw refuse.unknownCommand();
  return command;
}

/** A command of the same name and type keeps its id. */
function store({ world, params }: Call, body: CommandBody, before: readonly StoredCommand[]): StoredCommand {
  const id = before.find((command) => same(command.body, body))?.id ?? world.newId();
  const command = { id, version: world.newId(), guildId: params.guild ?? null, body };
  world.commands.set(id, command);
  return command;
}

function isEntryPoint({ type }: CommandBody): boolean {
  return type === 4;
}

function same(one: CommandBody, other: CommandBody): boolean {
  return one.name === other.name && (one.type ?? 1) === (other.type ?? 1);
}

function payload(world: World, command: StoredCommand): object {
  return {
    name_localizations: null,
    description_localizations: null,
    description: '',
    default_member_permissions: null,
    nsfw: false,
    contexts: null,
    integration_types: [0],
    options: [],
    type: 1,
    ...command.body,
    id: command.id,
    version: command.version,
    application_id: world.applicationId,
    ...(command.guildId ? { guild_id: command.guildId } : { dm_permission: true }),
  };
}
