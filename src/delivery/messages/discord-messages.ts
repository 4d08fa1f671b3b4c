import { Routes } from 'discord-api-types/v10';
import type { Clock } from '../../base/clock.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { RateLimits } from '../pace/rate-limits.ts';
import { codeOf, lacking, noEmbeds, wantsPermission } from '../refusals.ts';
import { type RequestKind, showingKind } from '../request-kind.ts';
import type { RestCalls, Route } from '../rest-calls.ts';
import type { Obstacle, Obstacles, Right } from '../rights.ts';
import { discordFailure, type FailureContext } from '../sending/discord-outcome.ts';
import { inOpenThread } from '../sending/open-thread.ts';
import { findOwn } from '../sending/own-messages.ts';
import { newMessage, wholeEdit, wholeEditInChannel } from '../sending/payload.ts';
import type { Messages, Sent } from './messages.ts';

/** Discord's flag of a message that only its addressee sees. */
const ephemeralFlag = 64;

/**
 * How long a refusal to post in a channel holds for the next post there, in ms, unless the gateway tells of a change
 * before.
 */
const refusedForMs = 30_000;

/** The messages that are no poll's, over REST. `applicationId` is asked at each call: it is known after login. */
export function discordMessages(parts: {
  readonly rest: RestCalls;
  readonly rateLimits: RateLimits;
  readonly clock: Clock;
  readonly applicationId: () => string;
  /** The bot's own user id, known after login. */
  readonly botId: () => string;
  /** The obstacles that the gateway knows of. Default: none. */
  readonly obstacle?: Obstacles;
}): Messages {
  const { rest, rateLimits, clock, applicationId } = parts;

  const refused = new Map<string, { readonly sent: Sent; readonly until: number; readonly lacked?: Right }>();

  /** If Discord has just refused a post, it is not asked again: a hundred polls with a notice each earn one refusal. */
  const post: Messages['post'] = async (channelId, body, nonce, lost) => {
    const before = refused.get(channelId);
    const lacked = parts.obstacle?.(channelId, 'post')?.right;
    if (before && clock.monotonic() < before.until && before.lacked === lacked) return before.sent;
    refused.delete(channelId);
    const made = await inChannel(channelId, 'post', body, async () => {
      const found = lost ? await findOwn(parts, channelId, lost) : null;
      if (found !== null) return { id: found, channel_id: channelId, found: true };
      return await rest.post(Routes.channelMessages(channelId), newMessage(body, { nonce }));
    });
    // If there is an embed, it may be the embed alone that is refused.
    if (made.type === 'refused' && !body.embeds?.length && wantsPermission(made.code))
      refused.set(channelId, {
        sent: made,
        until: clock.monotonic() + refusedForMs,
        ...(lacked && { lacked }),
      });
    return made;
  };

  /**
   * Does not wait for the channel's limit: the caller may have something newer to say by then. Without Embed Links
   * Discord would leave the embed out, so nothing is sent.
   */
  const inChannel = async (
    channelId: string,
    kind: RequestKind,
    body: MessageBody,
    call: () => Promise<unknown>,
  ): Promise<Sent> => {
    const asked = kind === 'post' ? 'post' : 'edit';
    const obstacle = parts.obstacle?.(channelId, asked) ?? null;
    const embeds = (body.embeds?.length ?? 0) > 0;
    if (embeds && obstacle?.right === 'embed') return withoutEmbed(channelId, obstacle);
    const afterMs = rateLimits.delay(channelId, kind, clock.monotonic());
    if (afterMs > 0) return { type: 'retry', afterMs, reason: "Discord's rate limit" };
    return await sent(() => inOpenThread(rest, channelId, {}, call), { channelId, asked, obstacle, embeds });
  };

  const byToken = (call: () => Promise<unknown>): Promise<Sent> => sent(call, { channelId: '', auth: false });

  return {
    editByToken: (token, messageId, body) =>
      byToken(() =>
        rest.patch(Routes.webhookMessage(applicationId(), token, messageId), {
          ...wholeEdit(body),
          auth: false,
        }),
      ),
    originalOf: (token) =>
      byToken(() => rest.get(Routes.webhookMessage(applicationId(), token, '@original'), { auth: false })),
    followUp: (token, body) =>
      byToken(() =>
        rest.post(`${Routes.webhook(applicationId(), token)}` as Route, {
          ...newMessage(body, { flags: ephemeralFlag }),
          query: new URLSearchParams({ wait: 'true' }),
          auth: false,
        }),
      ),
    post,
    edit: (channelId, messageId, body) =>
      inChannel(channelId, showingKind(messageId, clock.now().getTime()), body, () =>
        rest.patch(Routes.channelMessage(channelId, messageId), wholeEditInChannel(body)),
      ),
    direct: async (userId, body, nonce, lost) => {
      let channelId = '';
      const opened = await sent(
        async () => {
          const channel = await rest.post(Routes.userChannels(), { body: { recipient_id: userId } });
          channelId = (channel as { id: string }).id;
          return { id: '', channel_id: channelId };
        },
        { channelId: '' },
      );
      return opened.type === 'sent' ? await post(channelId, body, nonce, lost) : opened;
    },
  };
}

function withoutEmbed(channelId: string, obstacle: Obstacle): Sent {
  return { type: 'refused', code: String(codeOf(obstacle)), reason: lacking(channelId, obstacle) };
}

async function sent(
  call: () => Promise<unknown>,
  context: FailureContext & { readonly embeds?: boolean },
): Promise<Sent> {
  try {
    const message = (await call()) as {
      id: string;
      channel_id: string;
      flags?: number;
      embeds?: unknown[];
      found?: true;
    };
    if (context.embeds && message.embeds?.length === 0) return withoutEmbed(context.channelId, noEmbeds);
    const ephemeral = ((message.flags ?? 0) & ephemeralFlag) !== 0;
    return {
      type: 'sent',
      channelId: message.channel_id,
      messageId: message.id,
      ...(ephemeral && { ephemeral }),
      ...(message.found && { found: true }),
    };
  } catch (error) {
    const { outcome } = discordFailure(error, context);
    if (outcome.type === 'retry') return { type: 'retry', afterMs: outcome.afterMs, reason: outcome.reason };
    if (outcome.type === 'abort') return { type: 'refused', code: '401', reason: outcome.reason };
    return { type: 'refused', code: outcome.code, reason: outcome.reason.replace('<#>', 'its channel') };
  }
}
