import type { SandboxMessage } from '../../../world/message.ts';
import { confirmClose, previewClose, untilConfirmable, untilResult } from '../../stage/close-in-bulk.ts';
import { type Counts, committedIn, countsOf } from '../../stage/counts.ts';
import type { CreatedPoll } from '../../stage/create-polls.ts';
import { minimumEditTime } from '../../stage/minimum-time.ts';
import type { Stage } from '../../stage/stage.ts';
import { keepVoting, type VoteAnswer, vote } from '../../stage/voters.ts';
import { largestLag } from './statistics.ts';

/** One `/bulk close`, measured where its effects arrive. Times are in ms since the admin pressed or typed last. */
export interface CloseFigures {
  readonly polls: number;
  readonly counts: Counts;
  /** Until the last poll message showed it. */
  readonly messagesMs: number;
  /** The least that Discord's limits allow. */
  readonly minimumMs: number;
  /** Until the progress message had the result. */
  readonly resultMs: number;
  /** Until a frame said that every change is committed. */
  readonly committedShownMs: number;
  /** Until a vote on one of the polls was refused. */
  readonly voteRefusedMs: number;
  /** How far the progress message was behind at most. */
  readonly lagMs: number;
  readonly refused429: number;
  /** The answers to votes on other polls while it ran. */
  readonly otherVotes: readonly VoteAnswer[];
}

const longestMs = 300_000;

/** Closes the targets, all of one server, with one operation; meanwhile people vote on `others`. */
export async function measureClose(
  stage: Stage,
  guildId: string,
  targets: readonly CreatedPoll[],
  others: readonly CreatedPoll[],
): Promise<CloseFigures> {
  const { ada, office, sandbox } = stage;
  const preview = await previewClose(ada, office, { server: guildId });
  await untilConfirmable(preview);
  sandbox.clearLog();
  const messages = targets.map(({ message }) => message);
  const minimumMs = minimumEditTime(messages, Date.now());

  const over = new AbortController();
  const voting = keepVoting(stage.voters, (turn) => others[turn % others.length]?.message, 250, over.signal);
  const { progress, at } = await confirmClose(ada, preview);
  const refusedAt = await untilRefused(stage, aloneInItsChannel(messages));
  await untilResult(progress, longestMs);
  over.abort();

  const edits = landedEdits(stage, messages);
  const frames = progress.versions.map((frame) => ({ at: frame.at, count: countsOf(frame).done }));
  const committed = progress.versions.find((frame) => {
    const halves = committedIn(frame);
    return halves !== null && halves.committed === halves.of;
  });
  return {
    polls: targets.length,
    counts: countsOf(progress),
    messagesMs: Math.max(...edits) - at,
    minimumMs,
    resultMs: progress.versions.at(-1)!.at - at,
    committedShownMs: (committed?.at ?? Number.NaN) - at,
    voteRefusedMs: refusedAt - at,
    lagMs: largestLag(edits, frames),
    refused429: sandbox.requests.filter(({ status }) => status === 429).length,
    otherVotes: await voting,
  };
}

/**
 * A poll that is alone in its channel. A vote before the close costs an edit of its message, which must not count
 * against a full channel.
 */
function aloneInItsChannel(messages: readonly SandboxMessage[]): SandboxMessage {
  const alone = messages.find(
    ({ channelId }) => messages.filter((other) => other.channelId === channelId).length === 1,
  );
  if (!alone) throw new Error('no poll is alone in its channel');
  return alone;
}

/** When each message showed that its poll is closed. */
function landedEdits(stage: Stage, messages: readonly SandboxMessage[]): number[] {
  const paths = new Set(messages.map(({ channelId, id }) => `/channels/${channelId}/messages/${id}`));
  const shown = stage.sandbox.requests.filter(
    ({ method, path, status, body }) =>
      method === 'PATCH' && status === 200 && paths.has(path) && /\bclosed\b/.test(JSON.stringify(body)),
  );
  const firsts = new Map(shown.toReversed().map(({ path, at }) => [path, at]));
  return [...firsts.values()];
}

/** Presses a button of the poll until it is refused or gone. Resolves with the time at which that was known. */
async function untilRefused({ voters }: Stage, message: SandboxMessage): Promise<number> {
  for (let turn = 0; message.buttons.length > 0; turn += 1) {
    const { refused, answeredAt } = await vote(voters[turn % voters.length]!, message);
    if (refused) return answeredAt;
  }
  return Date.now();
}
