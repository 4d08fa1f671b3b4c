/** What a test may do to a guild. It stands in for the people who own it, and follows no rule of its own. */

import { channelType, type SandboxChannel } from './channel.ts';
import type { Guild, Role } from './guild.ts';
import type { World } from './world.ts';

/** A guild, for setting the scene. */
export class SandboxGuild {
  readonly guild: Guild;
  readonly #world: World;

  constructor(world: World, guild: Guild) {
    this.#world = world;
    this.guild = guild;
  }

  get id(): string {
    return this.guild.id;
  }

  /** Text channels in the order in which they were made. */
  get channels(): SandboxChannel[] {
    return [...this.guild.channels.values()].filter((channel) => channel.type === channelType.text);
  }

  get roles(): Role[] {
    return [...this.guild.roles.values()];
  }

  channel(name: string): SandboxChannel {
    const found = [...this.guild.channels.values()].find((channel) => channel.name === name);
    if (!found) throw new Error(`no channel #${name} in ${this.guild.name}`);
    return found;
  }

  addChannel(name: string, type: number = channelType.text): SandboxChannel {
    return this.#world.addChannel(this.guild, name, { type });
  }

  addThread(parentId: string, name: string): SandboxChannel {
    return this.#world.addChannel(this.guild, name, { type: channelType.thread, parentId });
  }

  addRole(name: string, options: { permissions?: bigint; mentionable?: boolean } = {}): Role {
    return this.#world.addRole(this.guild, {
      name,
      permissions: options.permissions ?? 0n,
      mentionable: options.mentionable ?? false,
    });
  }
}
