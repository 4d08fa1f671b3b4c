import { discordLimits } from '../base/display/discord-limits.ts';

/** Limits of operations that are our own and that nobody configures. The texts that people read name them too. */
export const operationLimits = {
  /** How long a preview can be confirmed. */
  previewMinutes: 10,
  /** An operation may be private below this estimate. Its message lives as long as an interaction's token. */
  privateMinutes: discordLimits.tokenMinutes - 5,
  /** How long an operation may stand paused before it is cancelled. */
  pauseHours: 24,
  /** Characters of the reason that an admin gives. */
  reason: 300,
} as const;
