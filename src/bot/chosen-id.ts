import type { ChatInputCommandInteraction } from 'discord.js';

/**
 * The id in an option that takes a channel, user or role; or null. It is read from the option itself: what Discord
 * resolved beside it may be missing, and a given target must never count as left out.
 */
export function chosenId(
  options: Pick<ChatInputCommandInteraction['options'], 'get'>,
  name: string,
): string | null {
  const value = options.get(name)?.value;
  return value === undefined || value === null ? null : String(value);
}
