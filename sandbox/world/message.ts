/** Stands in for a message (Discord's reference, "Message Object", "Message Flags"). */

import type { APIEmbed } from 'discord-api-types/v10';
import { type Component, componentType, flatten, isSelect } from './component.ts';
import type { Mentions } from './mentions.ts';
import { Signal } from './signal.ts';
import { timestampOf } from './snowflake.ts';

export const messageFlag = {
  crossposted: 1,
  suppressEmbeds: 4,
  ephemeral: 64,
  loading: 128,
  componentsV2: 1 << 15,
} as const;

export interface Attachment {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly data: Buffer;
}

export interface MessageParts {
  content: string;
  embeds: APIEmbed[];
  components: Component[];
  attachments: Attachment[];
  flags: number;
  mentions: Mentions;
}

/** What a message showed from `at` (Unix milliseconds) on. */
export interface MessageVersion extends Readonly<MessageParts> {
  readonly at: number;
}

export interface MessageInit {
  readonly id: string;
  readonly channelId: string;
  readonly guildId: string | null;
  readonly authorId: string;
  readonly nonce: string | number | null;
  /** The only person who sees it; null: everybody in the channel. */
  readonly onlyFor: string | null;
  /** The interaction that it answers, if any. */
  readonly interactionId: string | null;
  readonly parts: MessageParts;
}

/** A message that stays current: whoever holds it sees every edit. */
export class SandboxMessage {
  readonly id: string;
  readonly channelId: string;
  readonly guildId: string | null;
  readonly authorId: string;
  readonly nonce: string | number | null;
  readonly onlyFor: string | null;
  readonly interactionId: string | null;
  readonly changed = new Signal();
  readonly versions: MessageVersion[] = [];
  editedAt: number | null = null;
  deleted = false;
  #parts: MessageParts;

  constructor(init: MessageInit, at: number) {
    this.id = init.id;
    this.channelId = init.channelId;
    this.guildId = init.guildId;
    this.authorId = init.authorId;
    this.nonce = init.nonce;
    this.onlyFor = init.onlyFor;
    this.interactionId = init.interactionId;
    this.#parts = init.parts;
    this.versions.push({ at, ...init.parts });
  }

  /** Unix milliseconds, from the id: a backdated message is old. */
  get createdAt(): number {
    return timestampOf(this.id);
  }
  get content(): string {
    return this.#parts.content;
  }
  /** None while somebody hides them (SUPPRESS_EMBEDS); they are kept all the same. */
  get embeds(): readonly APIEmbed[] {
    return this.flags & messageFlag.suppressEmbeds ? [] : this.#parts.embeds;
  }
  get keptEmbeds(): readonly APIEmbed[] {
    return this.#parts.embeds;
  }
  get components(): readonly Component[] {
    return this.#parts.components;
  }
  get attachments(): readonly Attachment[] {
    return this.#parts.attachments;
  }
  get flags(): number {
    return this.#parts.flags;
  }
  /** Whom its present content pings. */
  get mentions(): Mentions {
    return this.#parts.mentions;
  }
  get ephemeral(): boolean {
    return (this.flags & messageFlag.ephemeral) !== 0;
  }
  /** "Thinking …": a deferred answer that has not come yet. */
  get loading(): boolean {
    return (this.flags & messageFlag.loading) !== 0;
  }
  get buttons(): Component[] {
    return flatten(this.components).filter((component) => component.type === componentType.button);
  }
  get menus(): Component[] {
    return flatten(this.components).filter(isSelect);
  }

  /** All its text but the labels of buttons: content, embeds with their fields, text components. */
  get text(): string {
    const embeds = this.embeds.flatMap((embed) => [
      embed.author?.name,
      embed.title,
      embed.description,
      ...(embed.fields ?? []).flatMap((field) => [field.name, field.value]),
      embed.footer?.text,
    ]);
    const shown = flatten(this.components).map((component) => (component as { content?: string }).content);
    return [this.content, ...embeds, ...shown].filter(Boolean).join('\n');
  }

  /** The value of the embed field of that name. */
  field(name: string): string | undefined {
    return this.embeds.flatMap((embed) => embed.fields ?? []).find((field) => field.name === name)?.value;
  }

  /**
   * The first button whose label begins with this; a count may follow. The name of an emoji counts as part of the
   * label.
   */
  button(label: string): Component | undefined {
    return (
      this.buttons.find((button) => button.label === label) ??
      this.buttons.find((button) => button.label?.startsWith(label)) ??
      this.buttons.find((button) => button.emoji?.name === label || button.label?.endsWith(` ${label}`))
    );
  }

  /** Resolves with this message as soon as the predicate holds. Rejects after `timeoutMs`. */
  until(predicate: (message: SandboxMessage) => boolean, timeoutMs = 10_000): Promise<SandboxMessage> {
    return this.changed.until(
      () => (predicate(this) ? this : null),
      timeoutMs,
      () =>
        `message ${this.id}; it ${this.deleted ? 'is deleted, and ' : ''}says: ${this.text.slice(0, 600)}`,
    );
  }

  /** Replaces the given parts. Whoever holds both tells the channel. */
  edit(parts: Partial<MessageParts>, at: number): void {
    this.#parts = { ...this.#parts, ...parts };
    this.editedAt = at;
    this.versions.push({ at, ...this.#parts });
  }
}
