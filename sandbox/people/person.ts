/** Stands in for a human with Discord's client, which refuses what it would not let them do. */

import type { SandboxChannel } from '../world/channel.ts';
import { componentType } from '../world/component.ts';
import type { Guild, User } from '../world/guild.ts';
import { type Choice, interactionType, type ModalData, SandboxInteraction } from '../world/interaction.ts';
import type { SandboxMessage } from '../world/message.ts';
import { messagePayload } from '../world/message-payload.ts';
import { channelPermissions, guildPermissions, permission } from '../world/permissions.ts';
import type { World } from '../world/world.ts';
import { findButton } from './find-button.ts';
import { chosenValues, findMenu } from './find-menu.ts';
import { interactionPayload } from './interaction-payload.ts';
import { filledModal } from './modal-data.ts';
import { Reply } from './reply.ts';
import { findCommand, type OptionValues, slashData } from './slash-data.ts';

export interface PersonInit {
  readonly name?: string;
  readonly id?: string;
  /** Permissions beside @everyone's: the same in every guild, or by guild id. */
  readonly permissions?: bigint | Readonly<Record<string, bigint>>;
  /** Guilds they are in. Default: all, those made later too. */
  readonly guilds?: readonly string[];
  readonly locale?: string;
}

export interface ActOptions {
  /** Does what the client would not allow: presses a disabled or absent button, leaves a required option out. */
  readonly force?: boolean;
}

/** What a person acts in. */
export interface PersonSurroundings {
  readonly world: World;
  /** How long the bot has to acknowledge an interaction, in ms. */
  readonly acknowledgeMs: number;
  guild(id: string): Guild;
  channel(id: string): SandboxChannel;
  deliver(interaction: SandboxInteraction): void;
}

type Place = SandboxChannel | string;

/** A human in front of the client. Each method is what a hand can do. It resolves once the bot has acknowledged. */
export class Person {
  readonly user: User;
  readonly locale: string;
  readonly #discord: PersonSurroundings;
  readonly #permissions: NonNullable<PersonInit['permissions']>;

  constructor(discord: PersonSurroundings, init: PersonInit) {
    this.#discord = discord;
    this.#permissions = init.permissions ?? 0n;
    this.locale = init.locale ?? 'en-GB';
    this.user = discord.world.addUser(init.name ?? `Person ${discord.world.users.size}`, { id: init.id });
  }

  get id(): string {
    return this.user.id;
  }

  /** What the bot wrote to them directly. */
  get directMessages(): SandboxMessage[] {
    return this.direct.messages;
  }

  get direct(): SandboxChannel {
    return this.#discord.world.directChannel(this.user);
  }

  /** Makes them a member, with a role of their own where they have permissions. */
  join(guild: Guild): void {
    if (guild.members.has(this.id)) return;
    this.#discord.world.addMember(guild, this.id, []);
    const bits =
      typeof this.#permissions === 'bigint' ? this.#permissions : (this.#permissions[guild.id] ?? 0n);
    if (bits !== 0n) this.setPermissions(guild.id, bits);
  }

  /** Replaces their roles in a guild by one with these bits. */
  setPermissions(guildId: string, bits: bigint): void {
    const guild = this.#discord.guild(guildId);
    const role = this.#discord.world.addRole(guild, { name: `Role of ${this.user.name}`, permissions: bits });
    guild.members.get(this.id)!.roles.splice(0, Number.POSITIVE_INFINITY, role.id);
  }

  /** Runs a slash command: `'bulk close'`. Option values by name; ids where a channel, user or role is asked for. */
  async slash(
    place: Place,
    command: string,
    options: OptionValues = {},
    act: ActOptions = {},
  ): Promise<Reply> {
    const channel = this.#at(place);
    const data = slashData(this.#discord.world, channel.guildId, command, options, {
      ...act,
      asker: this.#bits(channel),
    });
    return await this.#act(channel, interactionType.command, data, null);
  }

  /** What autocomplete offers for the option `focused`. Its text so far is its value among `options`. */
  async autocomplete(
    place: Place,
    command: string,
    options: OptionValues,
    focused: string,
  ): Promise<readonly Choice[]> {
    const channel = this.#at(place);
    const world = this.#discord.world;
    const data = slashData(world, channel.guildId, command, options, {
      force: true,
      focused,
      asker: this.#bits(channel),
    });
    return await (await this.#act(channel, interactionType.autocomplete, data, null)).choices();
  }

  /** Runs a message's context command. */
  async contextMenu(message: SandboxMessage, command: string): Promise<Reply> {
    const world = this.#discord.world;
    const found = findCommand(world, message.guildId, command, 3);
    const resolved = { messages: { [message.id]: messagePayload(world, message) } };
    const data = { id: found.id, name: found.body.name, type: 3, target_id: message.id, resolved };
    return await this.#act(this.#at(message.channelId), interactionType.command, data, null);
  }

  /** Presses the button whose label begins with this. Throws if there is none, or if it is disabled. */
  async press(message: SandboxMessage, label: string, act: ActOptions = {}): Promise<Reply> {
    const customId = findButton(message, label, act.force ?? false);
    this.#see(message, act);
    return await this.pressCustomId(message, customId);
  }

  /** Sends a button press with any custom id, as a forged client could. */
  async pressCustomId(message: SandboxMessage, customId: string): Promise<Reply> {
    const data = { custom_id: customId, component_type: componentType.button, id: 1 };
    return await this.#act(this.#at(message.channelId), interactionType.component, data, message);
  }

  /**
   * Chooses values in the menu with this custom id or placeholder; its beginning is enough. Values are given by value
   * or label.
   */
  async choose(
    message: SandboxMessage,
    menu: string,
    values: readonly string[],
    act: ActOptions = {},
  ): Promise<Reply> {
    const found = findMenu(message, menu);
    this.#see(message, act);
    const chosen = chosenValues(found, values, act.force ?? false);
    const data = { custom_id: found.custom_id, component_type: found.type, values: chosen, id: 1 };
    return await this.#act(this.#at(message.channelId), interactionType.component, data, message);
  }

  /**
   * Fills in the modal that this reply opened, and sends it. One text fills the only field; several are given by
   * custom id or label.
   */
  async submit(
    reply: Reply,
    values: string | Readonly<Record<string, string | readonly string[]>>,
    act: ActOptions = {},
  ): Promise<Reply> {
    const modal: ModalData = await reply.modal();
    const data = {
      custom_id: modal.custom_id,
      components: filledModal(modal, values, act.force ?? false),
      resolved: {},
    };
    const { channelId, source } = reply.interaction;
    return await this.#act(this.#at(channelId), interactionType.modalSubmit, data, source);
  }

  /** Posts a message by hand. */
  say(place: Place, content: string): SandboxMessage {
    const channel = this.#at(place);
    const mentions = { users: [], roles: [], everyone: false };
    const parts = { content, embeds: [], components: [], attachments: [], flags: 0, mentions };
    return this.#discord.world.addMessage(channel, {
      authorId: this.id,
      nonce: null,
      onlyFor: null,
      interactionId: null,
      parts,
    });
  }

  /** Whether they have all these bits in the guild. */
  may(guildId: string, bits: bigint): boolean {
    return (guildPermissions(this.#discord.guild(guildId), this.id) & bits) === bits;
  }

  #at(place: Place): SandboxChannel {
    return typeof place === 'string' ? this.#discord.channel(place) : place;
  }

  #bits(channel: SandboxChannel): bigint {
    const guild = this.#discord.world.guildOf(channel);
    return guild ? channelPermissions(guild, channel, this.id) : 0n;
  }

  #see(message: SandboxMessage, act: ActOptions): void {
    if (act.force) return;
    if (message.deleted) throw new Error(`message ${message.id} is deleted`);
    if (message.onlyFor !== null && message.onlyFor !== this.id)
      throw new Error(`${this.user.name} does not see message ${message.id}`);
    const channel = this.#at(message.channelId);
    if (channel.guildId !== null && !(this.#bits(channel) & permission.viewChannel))
      throw new Error(`${this.user.name} does not see #${channel.name}`);
  }

  async #act(
    channel: SandboxChannel,
    type: number,
    data: object,
    source: SandboxMessage | null,
  ): Promise<Reply> {
    const world = this.#discord.world;
    const [id, token] = [world.newId(), world.newToken()];
    const interaction = new SandboxInteraction({
      id,
      token,
      type,
      userId: this.id,
      guildId: channel.guildId,
      channelId: channel.id,
      createdAt: world.now(),
      source,
      payload: interactionPayload(world, {
        id,
        token,
        type,
        data,
        channel,
        userId: this.id,
        locale: this.locale,
        source,
      }),
    });
    this.#discord.deliver(interaction);
    const reply = new Reply(interaction);
    await reply.settled(this.#discord.acknowledgeMs);
    return reply;
  }
}
