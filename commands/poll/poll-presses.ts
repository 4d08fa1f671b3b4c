import type { PressHandler } from '../../src/bot/handlers.ts';
import { listPress } from './list.ts';
import type { PollServices } from './poll-services.ts';
import { votePress } from './vote-press.ts';

/** The buttons of polls and of `/poll list`. */
export function pollPresses(services: PollServices): PressHandler[] {
  return [votePress(services), listPress(services)];
}
