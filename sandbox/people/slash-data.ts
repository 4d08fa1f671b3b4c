/** Stands in for the client's command line (Discord's reference, "Application Command Data Structure"). */

import { channelType } from '../world/channel.ts';
import type { CommandOption, StoredCommand } from '../world/command.ts';
import { memberPayload, rolePayload, userPayload } from '../world/guild.ts';
import { everyPermission } from '../world/permissions.ts';
import type { World } from '../world/world.ts';

export type OptionValues = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SlashOptions {
  readonly force?: boolean;
  /** The option that is being typed, for autocomplete. */
  readonly focused?: string;
  /** The permissions of the person who types, against `default_member_permissions`. */
  readonly asker: bigint;
}

/** Type numbers of Discord's reference, "Application Command Option Type". */
const optionType = { string: 3, integer: 4, boolean: 5, user: 6, channel: 7, role: 8, number: 10 } as const;

/** The command of that name and type: the guild's own, else the global one. */
export function findCommand(world: World, guildId: string | null, name: string, type: number): StoredCommand {
  const all = [...world.commands.values()].filter(
    ({ body }) => body.name === name && (body.type ?? 1) === type,
  );
  const found =
    all.find((command) => command.guildId === guildId) ?? all.find((command) => command.guildId === null);
  if (found) return found;
  const names = [...world.commands.values()].map(({ body }) => body.name);
  throw new Error(`no command "${name}" is registered; there are: ${names.join(', ') || 'none'}`);
}

/** What the client sends for a slash command. Throws if the client would not let it be sent, unless forced. */
export function slashData(
  world: World,
  guildId: string | null,
  command: string,
  values: OptionValues,
  options: SlashOptions,
): object {
  const [name, ...path] = command.split(' ');
  const found = findCommand(world, guildId, name ?? '', 1);
  const needed = found.body.default_member_permissions;
  if (
    needed &&
    !options.force &&
    options.asker !== everyPermission &&
    (options.asker & BigInt(needed)) !== BigInt(needed)
  )
    throw new Error(`/${command} is hidden from them`);
  const chain: CommandOption[] = [];
  let level = found.body.options ?? [];
  for (const step of path) {
    const next = level.find((option) => option.name === step && option.type <= 2);
    if (!next)
      throw new Error(
        `/${command}: no subcommand "${step}"; there are: ${level.map((option) => option.name).join(', ')}`,
      );
    chain.push(next);
    level = next.options ?? [];
  }
  if (level.some((option) => option.type <= 2)) throw new Error(`/${command} needs a subcommand`);
  const resolved: Record<string, Record<string, object>> = {};
  let given: object[] = filledOptions(world, guildId, level, values, options, resolved);
  for (const step of chain.reverse()) given = [{ type: step.type, name: step.name, options: given }];
  return {
    id: found.id,
    name: found.body.name,
    type: 1,
    options: given,
    ...(Object.keys(resolved).length > 0 ? { resolved } : {}),
    ...(found.guildId ? { guild_id: found.guildId } : {}),
  };
}

function filledOptions(
  world: World,
  guildId: string | null,
  known: readonly CommandOption[],
  values: OptionValues,
  options: SlashOptions,
  resolved: Record<string, Record<string, object>>,
): object[] {
  for (const option of known) {
    if (option.required && values[option.name] === undefined && !options.force)
      throw new Error(`option ${option.name} is required`);
  }
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const option = known.find((candidate) => candidate.name === name);
    if (!option)
      throw new Error(`no option "${name}"; there are: ${known.map((one) => one.name).join(', ')}`);
    if (options.focused === name) return [{ type: option.type, name, value: String(value), focused: true }];
    if (!options.force) checkValue(option, value);
    resolve(world, guildId, option, String(value), resolved);
    return [{ type: option.type, name, value }];
  });
}

function checkValue(option: CommandOption, value: string | number | boolean): void {
  const wrong = (what: string) => new Error(`option ${option.name}: ${JSON.stringify(value)} ${what}`);
  const numeric = option.type === optionType.integer || option.type === optionType.number;
  const wanted = numeric ? 'number' : option.type === optionType.boolean ? 'boolean' : 'string';
  if (typeof value !== wanted) throw wrong(`is no ${wanted}`);
  if (option.type === optionType.integer && !Number.isInteger(value)) throw wrong('is no integer');
  if (option.choices?.length && !option.choices.some((choice) => choice.value === value))
    throw wrong(`is none of ${option.choices.map((choice) => choice.value).join(', ')}`);
  if (typeof value === 'number' && value < (option.min_value ?? -Infinity))
    throw wrong(`is below ${option.min_value}`);
  if (typeof value === 'number' && value > (option.max_value ?? Infinity))
    throw wrong(`is above ${option.max_value}`);
  if (typeof value !== 'string') return;
  if (value.length > (option.max_length ?? 6000)) throw wrong(`is longer than ${option.max_length ?? 6000}`);
  if (value.length < (option.min_length ?? 0)) throw wrong(`is shorter than ${option.min_length}`);
}

/** Adds what Discord sends along for a chosen channel, user or role. */
function resolve(
  world: World,
  guildId: string | null,
  option: CommandOption,
  id: string,
  resolved: Record<string, Record<string, object>>,
): void {
  const guild = guildId ? world.guilds.get(guildId) : undefined;
  const put = (kind: string, payload: object) => {
    resolved[kind] = { ...resolved[kind], [id]: payload };
  };
  if (option.type === optionType.channel) {
    const channel = guild?.channels.get(id);
    if (!channel) throw new Error(`option ${option.name}: no channel ${id} here`);
    if (option.channel_types && !option.channel_types.includes(channel.type))
      throw new Error(
        `option ${option.name}: #${channel.name} is of type ${channel.type}, not ${option.channel_types} (text is ${channelType.text})`,
      );
    put('channels', { ...channel.payload(), permissions: everyPermission.toString() });
  } else if (option.type === optionType.user) {
    const user = world.users.get(id);
    if (!user) throw new Error(`option ${option.name}: no user ${id}`);
    put('users', userPayload(user));
    const member = guild?.members.get(id);
    if (member) put('members', memberPayload(member, user));
  } else if (option.type === optionType.role) {
    const role = guild?.roles.get(id);
    if (!role) throw new Error(`option ${option.name}: no role ${id} here`);
    put('roles', rolePayload(role));
  }
}
