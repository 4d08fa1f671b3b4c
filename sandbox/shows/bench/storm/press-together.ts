import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../../../people/person.ts';
import type { SandboxMessage } from '../../../world/message.ts';
import { vote } from '../../stage/voters.ts';

/** Longer than anybody waits. A later answer counts as none. */
const patienceMs = 30_000;

/** What came of one person's press. */
export interface StormAnswer {
  /** Milliseconds until the words of the answer; infinite if none came. */
  readonly afterMs: number;
  /** The answer says that the vote counts. */
  readonly counted: boolean;
}

/** Everybody presses the first option of this message once, spread evenly over so many milliseconds. */
export async function pressTogether(
  people: readonly Person[],
  message: SandboxMessage,
  withinMs: number,
): Promise<StormAnswer[]> {
  return await Promise.all(
    people.map(async (person, turn) => {
      await sleep((withinMs * turn) / people.length);
      return await pressOnce(person, message);
    }),
  );
}

/** So many people press one poll after the other, each as soon as their last press is answered, for so long. */
export async function pressOnAndOn(
  people: readonly Person[],
  messages: readonly SandboxMessage[],
  forMs: number,
): Promise<StormAnswer[]> {
  const until = Date.now() + forMs;
  let turn = 0;
  const answers = await Promise.all(
    people.map(async (person) => {
      const own: StormAnswer[] = [];
      while (Date.now() < until) {
        turn += 1;
        own.push(await pressOnce(person, messages[turn % messages.length]!, turn));
      }
      return own;
    }),
  );
  return answers.flat();
}

async function pressOnce(person: Person, message: SandboxMessage, option = 0): Promise<StormAnswer> {
  const pressedAt = Date.now();
  try {
    const answer = await vote(person, message, option, patienceMs);
    return {
      afterMs: answer.answeredAt - pressedAt,
      counted: /^Your votes? on|^You took your vote/.test(answer.text),
    };
  } catch (error) {
    // The stand-in says so if no answer came.
    if (!(error instanceof Error && /\banswer\b/.test(error.message))) throw error;
    return { afterMs: Number.POSITIVE_INFINITY, counted: false };
  }
}
