import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import type { MessageBody } from '../../base/message-body.ts';
import type { AnswerableInteraction, AnsweringParts } from './answering-parts.ts';
import { isExpired, respondFirst } from './first-response.ts';
import { NotOurs } from './not-ours.ts';
import { persist } from './persist.ts';
import { refusalOf } from './refusal.ts';

/** Acknowledges privately, runs, and replaces the acknowledgement by the answer. */
export async function answerPrivately(
  parts: AnsweringParts,
  interaction: AnswerableInteraction,
  run: () => Promise<MessageBody>,
): Promise<void> {
  const { rest, clock, messages, log } = parts;
  const { id, token } = interaction;
  const { type } = await respondFirst(
    { rest, clock, interaction: { id, token } },
    {
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      data: { body: { flags: MessageFlags.Ephemeral } },
    },
  );
  if (type === 'elsewhere') throw new NotOurs(type);
  if (type === 'gone') {
    log.warn({ interaction: id }, 'an interaction expired before it could be acknowledged');
    return;
  }
  const answer = await run().catch((error: unknown) => refusalOf(error, interaction, log));
  const show = (body: MessageBody) =>
    persist(clock, () => messages.editByToken(token, '@original', body), { early: type === 'unknown' });
  const shown = await show(answer);
  if (shown.type === 'sent') return;
  // Its effect stands, and who asks again is told so. Only a body that Discord does not take is our mistake.
  if (shown.type === 'retry' || isExpired(shown.code)) {
    log.warn({ interaction: id, reason: shown.reason }, 'an answer could not be given any more');
    return;
  }
  const unshowable = new Error(`The answer could not be shown: ${shown.reason}`);
  await show(refusalOf(unshowable, interaction, log));
}
