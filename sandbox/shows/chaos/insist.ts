import type { Reply } from '../../people/reply.ts';
import type { SandboxMessage } from '../../world/message.ts';
import type { Stand } from './stand.ts';

/** How long somebody waits after the acknowledgement, in ms. The process that was to answer may have died. */
const patienceMs = 5_000;
/** For how long a person tries again, in ms. */
const longestMs = 120_000;

/**
 * Does it again until it is answered, as a person would while a bot is away. `read` turns the answer into what was
 * wanted; null: it was not that, so it is done once more. Throws with the last answer if that never comes.
 */
export async function insist<T>(
  stand: Stand,
  what: string,
  act: () => Promise<Reply>,
  read: (message: SandboxMessage, reply: Reply) => T | null | Promise<T | null>,
): Promise<T> {
  const until = Date.now() + longestMs;
  let last = 'no answer at all';
  while (Date.now() < until) {
    await stand.keeper.ready();
    const reply = await act();
    if (!reply.acknowledged) continue;
    const message = await answerOf(reply);
    if (message === null) continue;
    last = message.text;
    const wanted = await read(message, reply);
    if (wanted !== null) return wanted;
  }
  throw new Error(`${what}: nobody did it; last: ${last}`);
}

/** Null if nothing came: the process died with it. */
export async function answerOf(reply: Reply): Promise<SandboxMessage | null> {
  try {
    return await reply.message(patienceMs);
  } catch (error) {
    if (error instanceof Error && /an answer/.test(error.message)) return null;
    throw error;
  }
}
