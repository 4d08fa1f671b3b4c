import { Routes } from 'discord-api-types/v10';
import type { Clock } from '../../base/clock.ts';
import { within } from '../../base/within.ts';
import type { CallOptions, RestCalls } from '../../delivery/rest-calls.ts';
import { discordFailure } from '../../delivery/sending/discord-outcome.ts';

/** Discord takes the first response to an interaction within 3 seconds (Interactions, "Receiving and Responding"). */
const givenUpAfterMs = 2500;
const alreadyAcknowledged = 40060;
/** Unknown interaction, unknown webhook, token no longer valid: Discord no longer waits for an answer. */
const expired: readonly string[] = ['10062', '10015', '50027'];

export function isExpired(code: number | string | null): boolean {
  return expired.includes(String(code));
}

export type FirstResponse =
  /** `messageId`: the message that the response is or changed, if Discord says so. */
  | { readonly type: 'taken'; readonly messageId: string | null }
  /** Discord may have taken it or not. */
  | { readonly type: 'unknown' }
  /** Another process has responded. */
  | { readonly type: 'elsewhere' }
  /** It came too late for any process. */
  | { readonly type: 'gone' };

export interface Responding {
  readonly rest: RestCalls;
  readonly clock: Clock;
  readonly interaction: { readonly id: string; readonly token: string };
}

/**
 * Responds to an interaction. Repeats itself once if the answer was lost; then "already acknowledged" may mean our
 * own first try. Throws if Discord finds fault with the response itself (a bug).
 */
export async function respondFirst(
  responding: Responding,
  response: { readonly type: number; readonly data?: CallOptions },
): Promise<FirstResponse> {
  const answer = send(responding, response);
  return await within(responding.clock, givenUpAfterMs, answer, { type: 'unknown' });
}

async function send(
  { rest, interaction }: Responding,
  { type, data }: { readonly type: number; readonly data?: CallOptions },
): Promise<FirstResponse> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
        ...data,
        body: { type, ...(data?.body !== undefined && { data: data.body }) },
        query: new URLSearchParams({ with_response: 'true' }),
        auth: false,
      });
      return { type: 'taken', messageId: messageIdIn(answer) };
    } catch (error) {
      const { outcome, code } = discordFailure(error, { channelId: '', auth: false });
      if (code === alreadyAcknowledged) return { type: attempt === 1 ? 'elsewhere' : 'unknown' };
      if (isExpired(code)) return { type: 'gone' };
      if (outcome.type !== 'retry') throw error;
      if (attempt === 2) return { type: 'unknown' };
    }
  }
}

function messageIdIn(answer: unknown): string | null {
  const response = answer as { resource?: { message?: { id?: unknown } } } | null;
  const id = response?.resource?.message?.id;
  return typeof id === 'string' ? id : null;
}
