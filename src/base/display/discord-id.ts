/** Whether a text has the form of an id of Discord's (https://discord.com/developers/docs/reference#snowflakes). */
export function isDiscordId(text: string): boolean {
  return /^\d{17,20}$/.test(text);
}
