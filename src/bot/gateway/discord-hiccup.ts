import { CannotStart, inShort, reasonOf } from '../../base/errors.ts';
import type { Hiccup } from '../../base/patience.ts';
import { discordFailure } from '../../delivery/sending/discord-outcome.ts';

/** For how long a start waits for a Discord that fails, in milliseconds. */
const failingMs = 75_000;
/** And if nobody answers at that address, in milliseconds: more likely it is wrong, or there is no network. */
const nobodyThereMs = 25_000;

/** Whether an error of a request may pass by itself, for `patiently`: 5xx, a rate limit, no answer. */
export function discordHiccup(error: unknown): Hiccup | null {
  if (!(error instanceof Error) || error instanceof CannotStart) return null;
  try {
    const { outcome } = discordFailure(error, { channelId: '' });
    if (outcome.type !== 'retry') return null;
    const reason = `${outcome.reason} (${reasonOf(error)})`;
    return { reason, patienceMs: worthWaitingMs(error), afterMs: outcome.afterMs };
  } catch (bug) {
    if (bug !== error) throw bug;
    return null;
  }
}

/** For how long a start waits for Discord after this last error, in milliseconds. Null: the last try said nothing. */
export function worthWaitingMs(error: Error | null): number {
  return error !== null && isNobodyThere(error) ? nobodyThereMs : failingMs;
}

function isNobodyThere(error: Error): boolean {
  const codes = [error, error.cause].map((one) => (one as { code?: unknown } | undefined)?.code);
  return codes.some((code) => code === 'ECONNREFUSED' || code === 'ENOTFOUND');
}

/** Why a start ends at Discord, and what to do. `doing`: `Cannot connect to Discord`. Holds no token. */
export function discordRefusal(doing: string, error: unknown): CannotStart {
  const { code, status } = error as { code?: unknown; status?: unknown };
  const because = (next: string) => new CannotStart(`${doing}: ${inShort(error)}. ${next}`, { cause: error });
  if (error instanceof CannotStart) return error;
  if (code === 'TokenInvalid' || status === 401) {
    return new CannotStart(
      'Discord refuses the token. Set DISCORD_TOKEN to the token of the bot (Developer Portal, Bot, Reset Token).',
      { cause: error },
    );
  }
  if (typeof status === 'number' && status >= 500) {
    return because('Discord, or what DISCORD_API_URL names, has trouble: see https://discordstatus.com.');
  }
  if (/^Not enough sessions/.test(reasonOf(error))) {
    return because('Discord allows so many logins a day: start again after that time.');
  }
  if (status === 404) return because('Is DISCORD_API_URL the address of an API of Discord?');
  if (typeof status === 'number') {
    return because('Look at the application in the Developer Portal, and at DISCORD_API_URL if you set it.');
  }
  return because('Check the network and DISCORD_API_URL.');
}
