/**
 * Stands in for an interaction (Discord's reference, "Receiving and Responding": its types, its callback types, its
 * token).
 */

import type { Component } from './component.ts';
import type { SandboxMessage } from './message.ts';
import { Signal } from './signal.ts';

export const interactionType = { command: 2, component: 3, autocomplete: 4, modalSubmit: 5 } as const;

export const callbackType = {
  pong: 1,
  message: 4,
  defer: 5,
  deferUpdate: 6,
  update: 7,
  choices: 8,
  modal: 9,
} as const;

export interface Choice {
  readonly name: string;
  readonly value: string | number;
}

export interface ModalData {
  readonly custom_id: string;
  readonly title: string;
  readonly components: readonly Component[];
}

export interface InteractionInit {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  readonly userId: string;
  readonly guildId: string | null;
  readonly channelId: string;
  readonly createdAt: number;
  /** The message whose component was used, also behind a modal. */
  readonly source: SandboxMessage | null;
  readonly payload: object;
}

/** One interaction, and what the bot made of it. */
export class SandboxInteraction {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  readonly userId: string;
  readonly guildId: string | null;
  readonly channelId: string;
  readonly createdAt: number;
  readonly source: SandboxMessage | null;
  readonly payload: object;
  readonly changed = new Signal();
  /** Unix milliseconds of the first callback. */
  acknowledgedAt: number | null = null;
  callback: number | null = null;
  /**
   * What `@original` means: after callback 4 or 5 the message that it made, after 6 or 7 the message that was
   * pressed.
   */
  original: SandboxMessage | null = null;
  /** The first message that was given content through this interaction. */
  answer: SandboxMessage | null = null;
  readonly followUps: SandboxMessage[] = [];
  choices: readonly Choice[] | null = null;
  modal: ModalData | null = null;

  constructor(init: InteractionInit) {
    this.id = init.id;
    this.token = init.token;
    this.type = init.type;
    this.userId = init.userId;
    this.guildId = init.guildId;
    this.channelId = init.channelId;
    this.createdAt = init.createdAt;
    this.source = init.source;
    this.payload = init.payload;
  }

  acknowledge(callback: number, at: number): void {
    this.callback = callback;
    this.acknowledgedAt = at;
  }

  /** Whether its token reaches this message: one of its own answers, or the message that its component sits on. */
  reaches(message: SandboxMessage): boolean {
    return message.interactionId === this.id || message === this.source;
  }

  /** A message was given content through this interaction. */
  answered(message: SandboxMessage): void {
    this.answer ??= message;
    this.changed.emit();
  }
}
