import { discordLimits } from '../base/display/discord-limits.ts';
/** `action:arg:arg`. Nothing in it is believed when it comes back; it only names what was pressed. */
export function customId(action: string, ...args: readonly (string | number)[]): string {
  const parts = [action, ...args.map(String)];
  const id = parts.join(':');
  if (id.length > discordLimits.customId || parts.some((part) => part.includes(':'))) {
    throw new Error(
      `"${id}" is no custom id: at most ${discordLimits.customId} characters, no colon inside a part`,
    );
  }
  return id;
}

export function parseCustomId(id: string): { action: string; args: readonly string[] } {
  const [action = '', ...args] = id.split(':');
  return { action, args };
}
