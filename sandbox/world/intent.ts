/** Gateway intents (Discord's reference, "Gateway Intents"). */
export const intent = {
  none: 0,
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  guildExpressions: 1 << 3,
  guildMessages: 1 << 9,
  directMessages: 1 << 12,
  messageContent: 1 << 15,
} as const;
