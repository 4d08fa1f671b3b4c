import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../../people/person.ts';
import type { SandboxMessage } from '../../world/message.ts';

/** How one press on a poll's button was answered. */
export interface VoteAnswer {
  readonly message: SandboxMessage;
  /** Unix milliseconds. */
  readonly pressedAt: number;
  readonly answeredAt: number;
  readonly text: string;
  /** The vote was refused because the poll is closed. */
  readonly refused: boolean;
}

/**
 * Presses the button of option number `option` on a poll's message, and waits for the words of the answer, but no
 * longer than this.
 */
export async function vote(
  voter: Person,
  message: SandboxMessage,
  option = 0,
  patienceMs?: number,
): Promise<VoteAnswer> {
  const button = message.buttons[option % message.buttons.length];
  if (!button?.custom_id) throw new Error(`message ${message.id} has no button to vote with`);
  const pressedAt = Date.now();
  const reply = await voter.pressCustomId(message, button.custom_id);
  const { text } = await reply.message(patienceMs);
  return { message, pressedAt, answeredAt: Date.now(), text, refused: /\bclosed\b/.test(text) };
}

/**
 * Lets somebody vote every `everyMs` on the poll that `choose` names (nothing: nobody votes this time), until the
 * signal aborts. Resolves with every answer once the last has come. Rejects if one did not come.
 */
export async function keepVoting(
  voters: readonly Person[],
  choose: (turn: number) => SandboxMessage | undefined,
  everyMs: number,
  signal: AbortSignal,
): Promise<VoteAnswer[]> {
  const answers: VoteAnswer[] = [];
  const failures: unknown[] = [];
  const under: Promise<unknown>[] = [];
  for (let turn = 0; !signal.aborted; turn += 1) {
    const message = choose(turn);
    if (message && message.buttons.length > 0) {
      const voter = voters[turn % voters.length]!;
      under.push(
        vote(voter, message, turn).then(
          (answer) => answers.push(answer),
          (error) => failures.push(error),
        ),
      );
    }
    await sleep(everyMs);
  }
  await Promise.all(under);
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} votes were not answered`);
  return answers;
}
