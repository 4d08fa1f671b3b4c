import { answerOf, insist } from './insist.ts';
import type { KnownPoll } from './model.ts';
import { messageOf } from './shown-poll.ts';
import type { Stand } from './stand.ts';

const labels = ['Option A', 'Option B', 'Option C'];

/** Creates a poll as the admin. It is known once the answer says so. */
export async function createPoll(stand: Stand): Promise<KnownPoll> {
  const { random, admin, office } = stand;
  const channel = random.pick(stand.channels);
  const anonymous = random.chance(0.2);
  const maxChoices = random.chance(0.3) ? 2 : 1;
  const pings = random.chance(0.3);
  const scheduled = random.chance(0.2);
  const options = {
    question: `Question ${random.whole(1, 1_000_000)}`,
    options: labels.join(' | '),
    channel: channel.id,
    anonymous,
    max_choices: maxChoices,
    ...(pings && { ping_role: stand.pingRoleId }),
    ...(scheduled && { opens: '10d' }),
  };
  const id = await insist(
    stand,
    'create a poll',
    () => admin.slash(office, 'poll create', options),
    ({ text }) => Number(/#(\d+)[\s\S]*channels\/\d+\/\d+\/\d+/.exec(text)?.[1] ?? 0) || null,
  );
  const poll: KnownPoll = {
    id,
    channelId: channel.id,
    labels,
    state: {
      status: scheduled ? 'scheduled' : 'active',
      timezone: 'UTC',
      anonymous,
      maxChoices,
      deleted: false,
    },
    voted: new Map(),
    unsure: new Map(),
    pings: pings ? 1 : null,
  };
  stand.polls.set(id, poll);
  return poll;
}

/** Somebody who has not pressed there yet votes on one of the polls. */
export async function vote(stand: Stand, polls: readonly KnownPoll[]): Promise<void> {
  const { random, sandbox } = stand;
  const poll = random.pick(polls);
  const message = messageOf(sandbox, poll.id);
  const fresh = stand.voters.filter(({ id }) => !poll.voted.has(id) && !poll.unsure.has(id));
  if (!message || fresh.length === 0) return;
  const voter = random.pick(fresh);
  const position = random.whole(0, labels.length - 1);
  // Nobody knows what became of the vote until the answer comes.
  poll.unsure.set(voter.id, position);
  const reply = await voter.pressCustomId(message, `vote:${poll.id}:${position}`);
  if (!reply.acknowledged) return;
  const answer = await answerOf(reply);
  if (answer?.text.includes(`**${labels[position]}**`)) poll.voted.set(voter.id, position);
  // The answer may say that the bot itself does not know.
  if (answer && !/does not know|went wrong/.test(answer.text)) poll.unsure.delete(voter.id);
}
