import type { APIMessage } from 'discord-api-types/v10';
import { Routes } from 'discord-api-types/v10';
import { discordLimits } from '../../base/display/discord-limits.ts';
import { snowflakeAt } from '../request-kind.ts';
import type { DeliverParts } from './deliver-parts.ts';
import { discordFailure } from './discord-outcome.ts';

/** The parts of a message by which it is recognised. */
export type SeenMessage = Pick<APIMessage, 'id'> &
  Partial<Pick<APIMessage, 'content' | 'embeds' | 'components'>>;

/** A message that must come once, and that an earlier try may have posted. */
export interface Lost {
  /** When that try began. */
  readonly triedAt: Date;
  /** How long after `triedAt` the try may have reached Discord, in ms. Default: until now. */
  readonly withinMs?: number;
  /** Whether a message of ours is the one. */
  readonly isIt: (message: SeenMessage) => boolean;
}

/** Clocks differ, and a request may have been handled before it was given up; in ms. */
const marginMs = 2 * 60_000;
/** How many pages may be refused in a row because of Discord's limits. */
const mostPauses = 10;

/**
 * The id of our own message that an earlier try has posted without our knowledge. It is looked for in all that was
 * written in the channel since. A nonce protects for a few minutes only, this protects without end. Null: it is not
 * there, or Discord does not show the channel's history to the bot (without Read Message History it answers with an
 * empty list).
 *
 * `headers` is called before each page. Throws as the REST client does, but waits for Discord's limits.
 */
export async function findOwn(
  { rest, botId, clock }: Pick<DeliverParts, 'rest' | 'botId' | 'clock'>,
  channelId: string,
  { triedAt, withinMs = Number.POSITIVE_INFINITY, isIt }: Lost,
  headers: () => Promise<Record<string, string>> = async () => ({}),
): Promise<string | null> {
  let after = snowflakeAt(triedAt.getTime() - marginMs);
  const end = Number.isFinite(withinMs) ? snowflakeAt(triedAt.getTime() + withinMs + marginMs) : null;
  for (let pauses = 0; ; ) {
    const query = new URLSearchParams({ limit: String(discordLimits.messagesPerPage), after });
    let page: (SeenMessage & { author?: { id: string } })[];
    try {
      const answer = await rest.get(Routes.channelMessages(channelId), { query, headers: await headers() });
      page = answer as typeof page;
    } catch (error) {
      const { outcome } = discordFailure(error, { channelId });
      // If the channel is gone, the post that follows is told so.
      if (outcome.type === 'failed') return null;
      pauses += 1;
      if (outcome.type !== 'retry' || outcome.code !== '429' || pauses > mostPauses) throw error;
      await clock.sleep(Math.max(outcome.afterMs, 100));
      continue;
    }
    pauses = 0;
    const found = page.find((message) => message.author?.id === botId() && isIt(message));
    if (found) return found.id;
    if (page.length < discordLimits.messagesPerPage) return null;
    after = page.map(({ id }) => id).reduce(newer, after);
    if (end !== null && newer(after, end) === after) return null;
  }
}

function newer(one: string, other: string): string {
  return BigInt(other) > BigInt(one) ? other : one;
}
