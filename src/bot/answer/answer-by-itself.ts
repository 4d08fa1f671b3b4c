import { MessageFlags } from 'discord-api-types/v10';
import type { Respond } from '../respond.ts';
import type { AnswerableInteraction, AnsweringParts } from './answering-parts.ts';
import { NotOurs } from './not-ours.ts';
import { refusalOf } from './refusal.ts';
import { type PressedMessage, Reply } from './reply.ts';

/** Leaves the first response to `run`, but not for longer than Discord waits. */
export async function answerByItself(
  parts: AnsweringParts,
  interaction: AnswerableInteraction,
  run: (respond: Respond) => Promise<void>,
): Promise<void> {
  const { id, token } = interaction;
  const reply = new Reply({ ...parts, interaction: { id, token, message: pressedMessage(interaction) } });
  const watching = reply.watch();
  // It is awaited below. It may fail before that, while the handler is still at work.
  watching.catch(() => undefined);
  try {
    await run(reply);
  } catch (error) {
    if (error instanceof NotOurs) throw error;
    await reply.tell(refusalOf(error, interaction, parts.log));
  } finally {
    await Promise.all([reply.finish(), watching]);
  }
}

function pressedMessage(interaction: AnswerableInteraction): PressedMessage | null {
  const message = 'message' in interaction ? interaction.message : null;
  return message && { id: message.id, private: message.flags.has(MessageFlags.Ephemeral) };
}
