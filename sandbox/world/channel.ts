/**
 * Stands in for a channel or thread (Discord's reference, "Channel Object", "Overwrite Object", "Thread Metadata
 * Object").
 */

import type { SandboxMessage } from './message.ts';
import { Signal } from './signal.ts';

/** Type numbers of Discord's reference, "Channel Types". */
export const channelType = { text: 0, direct: 1, category: 4, announcement: 5, thread: 11 } as const;

export interface Overwrite {
  readonly id: string;
  /** 0: a role; 1: a member. */
  readonly type: 0 | 1;
  allow: bigint;
  deny: bigint;
}

export interface ChannelInit {
  readonly id: string;
  readonly name: string;
  readonly type: number;
  readonly guildId: string | null;
  readonly parentId?: string | null;
  readonly recipientId?: string | null;
}

/** A channel with its messages. `messages` and `until` leave out what only one person sees. */
export class SandboxChannel {
  readonly id: string;
  readonly name: string;
  readonly type: number;
  readonly guildId: string | null;
  readonly parentId: string | null;
  /** The person on the other side of a direct channel; null for other channels. */
  readonly recipientId: string | null;
  readonly overwrites: Overwrite[] = [];
  readonly byId = new Map<string, SandboxMessage>();
  readonly changed = new Signal();
  topic: string | null = null;
  /** Only a thread can be archived ("closed") or locked. */
  archived = false;
  locked = false;

  constructor(init: ChannelInit) {
    this.id = init.id;
    this.name = init.name;
    this.type = init.type;
    this.guildId = init.guildId;
    this.parentId = init.parentId ?? null;
    this.recipientId = init.recipientId ?? null;
  }

  get isThread(): boolean {
    return this.type >= 10 && this.type <= 12;
  }

  /** What everybody here sees, in the order in which it was posted. */
  get messages(): SandboxMessage[] {
    return [...this.byId.values()].filter((message) => !message.deleted && !message.ephemeral);
  }

  /** Resolves with the first message for which the predicate holds, as soon as there is one. */
  until(predicate: (message: SandboxMessage) => boolean, timeoutMs = 10_000): Promise<SandboxMessage> {
    return this.changed.until(
      () => this.messages.find(predicate),
      timeoutMs,
      () => `a message in #${this.name}; last: ${this.messages.at(-1)?.text.slice(0, 200) ?? 'none'}`,
    );
  }

  payload(): object {
    const base = { id: this.id, type: this.type, flags: 0, last_message_id: null };
    if (this.type === channelType.direct) return base;
    return {
      ...base,
      guild_id: this.guildId,
      name: this.name,
      parent_id: this.parentId,
      position: 0,
      topic: this.topic,
      nsfw: false,
      rate_limit_per_user: 0,
      permission_overwrites: this.overwrites.map((overwrite) => ({
        id: overwrite.id,
        type: overwrite.type,
        allow: overwrite.allow.toString(),
        deny: overwrite.deny.toString(),
      })),
      ...(this.isThread
        ? { thread_metadata: this.#threadMetadata(), message_count: 0, member_count: 1 }
        : {}),
    };
  }

  #threadMetadata(): object {
    return {
      archived: this.archived,
      locked: this.locked,
      auto_archive_duration: 1440,
      archive_timestamp: new Date(0).toISOString(),
    };
  }
}
