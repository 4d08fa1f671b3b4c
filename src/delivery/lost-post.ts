import { Routes } from 'discord-api-types/v10';
import type { Poll } from '../polls/poll.ts';
import type { Claim } from './claim-store.ts';
import type { DeliverParts } from './deliver-parts.ts';
import { discordFailure } from './discord-outcome.ts';
import { snowflakeAt } from './request-kind.ts';

/** Clocks differ, and a request may have been handled before it was given up. */
const MARGIN_MS = 2 * 60_000;
/** The most that Discord returns at once. */
const PAGE = 100;

/**
 * The id of the poll's message, if an earlier POST whose answer was lost has posted it: our own message that names the
 * poll in its buttons or, closed, in its footer. Null: not there, or Discord refuses to show the channel's history; then the nonce is
 * the only protection. Throws as the REST client does for everything else.
 */
export async function findLostPost(
  { rest, botId, clock }: DeliverParts,
  poll: Poll,
  { triedAt }: Claim,
  headers: Record<string, string>,
): Promise<string | null> {
  const firstTry = (triedAt ?? clock.now()).getTime();
  const query = new URLSearchParams({ limit: String(PAGE), after: snowflakeAt(firstTry - MARGIN_MS) });
  try {
    const messages = (await rest.get(Routes.channelMessages(poll.channelId), { query, headers })) as Seen[];
    const ours = messages.find((message) => message.author?.id === botId() && shows(message, poll));
    return ours?.id ?? null;
  } catch (error) {
    const { outcome } = discordFailure(error, poll);
    // A channel that is gone answers the post that follows.
    if (outcome.type === 'failed') return null;
    throw error;
  }
}

interface Seen {
  readonly id: string;
  readonly author?: { readonly id: string };
  readonly embeds?: readonly { readonly footer?: { readonly text?: string } }[];
  readonly components?: readonly unknown[];
}

function shows(message: Seen, poll: Poll): boolean {
  if (JSON.stringify(message.components ?? []).includes(`"vote:${poll.id}:`)) return true;
  return (message.embeds ?? []).some(({ footer }) => footer?.text?.startsWith(`#${poll.id} · `));
}
