import type { CreatedPoll } from '../../stage/create-polls.ts';
import type { Stage } from '../../stage/stage.ts';

/** Closes polls with `/poll close`, each after the answer to the one before. Resolves with the ms that this took. */
export async function measureOneByOne(stage: Stage, polls: readonly CreatedPoll[]): Promise<number> {
  const begun = Date.now();
  for (const { number, message } of polls) {
    const reply = await stage.ada.slash(message.channelId, 'poll close', { poll: number });
    const { text } = await reply.message();
    if (!text.includes('is closed')) throw new Error(`/poll close answered: ${text}`);
  }
  return Date.now() - begun;
}
