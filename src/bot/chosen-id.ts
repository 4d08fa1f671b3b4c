import type { ChatInputCommandInteraction } from 'discord.js';

/**
 * The id in an option that takes a channel, user or role, or null. Read from the option itself: what Discord resolved
 * beside it may be missing, and a target that was given must never count as left out.
 */
export function chosenId(
  options: Pick<ChatInputCommandInteraction['options'], 'get'>,
  name: string,
): string | null {
  const value = options.get(name)?.value;
  return value === undefined || value === null ? null : String(value);
}
