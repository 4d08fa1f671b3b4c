import type { ChatInputCommandInteraction, MessageContextMenuCommandInteraction } from 'discord.js';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Messages } from '../../delivery/messages/messages.ts';
import type { RestCalls } from '../../delivery/rest-calls.ts';
import type { PressInteraction } from '../handlers.ts';

/** What answering needs. */
export interface AnsweringParts {
  readonly rest: RestCalls;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly applicationId: () => string;
}

/** Every interaction that is answered by a message. */
export type AnswerableInteraction =
  | ChatInputCommandInteraction
  | MessageContextMenuCommandInteraction
  | PressInteraction;
