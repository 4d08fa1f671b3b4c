import type { Person } from '../../people/person.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { SandboxChannel } from '../../world/channel.ts';
import type { SandboxMessage } from '../../world/message.ts';
import { questionNumber } from './questions.ts';

/** Where polls are to be created, how many, and how many of them with messages that are three days old. */
export interface PollPlace {
  readonly channel: SandboxChannel;
  readonly admin: Person;
  readonly count: number;
  readonly old?: number;
}

/** A poll as its creator was told of it. */
export interface CreatedPoll {
  readonly number: number;
  readonly message: SandboxMessage;
}

const threeDaysMs = 3 * 86_400_000;
/** How long to wait for an answer, in ms: under Discord's limits the last poll of a channel takes its time. */
const patienceMs = 120_000;

/**
 * Creates polls with `/poll create`: one after the other in each channel, and in all channels at once. Resolves with
 * them in the order of their numbers. Throws with what the bot answered if it created none.
 */
export async function createPolls(
  sandbox: Sandbox,
  places: readonly PollPlace[],
  created: (poll: CreatedPoll) => void = () => {},
): Promise<CreatedPoll[]> {
  const polls: CreatedPoll[] = [];
  let asked = 0;
  await Promise.all(
    places.map(async ({ channel, admin, count, old = 0 }) => {
      for (let i = 0; i < count; i += 1) {
        sandbox.backdate(i < old ? threeDaysMs : 0, channel.id);
        const poll = await createPoll(sandbox, admin, channel, asked++);
        polls.push(poll);
        created(poll);
      }
      sandbox.backdate(0, channel.id);
    }),
  );
  return polls.sort((a, b) => a.number - b.number);
}

async function createPoll(
  sandbox: Sandbox,
  admin: Person,
  channel: SandboxChannel,
  index: number,
): Promise<CreatedPoll> {
  const reply = await admin.slash(channel, 'poll create', { ...questionNumber(index) });
  const { text } = await reply.message(patienceMs);
  const number = /#(\d+)/.exec(text)?.[1];
  const messageId = /https:\/\/discord\.com\/channels\/\d+\/\d+\/(\d+)/.exec(text)?.[1];
  if (!number || !messageId) throw new Error(`/poll create answered: ${text}`);
  return { number: Number(number), message: sandbox.message(messageId) };
}
