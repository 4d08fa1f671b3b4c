import { styleText } from 'node:util';
import type { SandboxMessage } from '../../world/message.ts';
import { confirmClose, previewClose, untilConfirmable, untilResult } from '../stage/close-in-bulk.ts';
import { committedIn } from '../stage/counts.ts';
import type { CreatedPoll } from '../stage/create-polls.ts';
import { minimumEditTime } from '../stage/minimum-time.ts';
import type { Stage } from '../stage/stage.ts';
import { keepVoting, type VoteAnswer } from '../stage/voters.ts';
import { drawMessage } from './draw-message.ts';
import type { Screen } from './screen.ts';
import { watchProgress } from './watch-progress.ts';

export interface Closing {
  readonly progress: SandboxMessage;
  readonly result: string;
  /** From the admin's last press or typed word to the result, in ms. */
  readonly wallMs: number;
  /** The least time that Discord's limits allow for the messages that could be edited, in ms. */
  readonly minimumMs: number;
  /** Votes that people tried while it ran, after every change was committed. */
  readonly votes: readonly VoteAnswer[];
}

const longestMs = 180_000;

/** Closes every open poll with one `/bulk close`, while people go on voting. */
export async function closeThemAll(
  stage: Stage,
  polls: readonly CreatedPoll[],
  closedMeanwhile: number,
  screen: Screen,
): Promise<Closing> {
  const { ada, office } = stage;
  screen.deed('Ada', '/bulk close status:active reason:The season ends today');
  screen.line();
  const options = { status: 'active', reason: 'The season ends today' };
  const preview = await previewClose(ada, office, options);
  screen.lines(drawMessage(preview, stage.names, screen.width));
  screen.line();

  const targets = await closeByHand(stage, polls, closedMeanwhile, screen);
  screen.line('For five seconds Confirm does nothing: nobody closes a thousand polls by accident.');
  await untilConfirmable(preview);
  screen.deed('Ada', 'presses Confirm');
  const minimumMs = minimumEditTime(reachable(stage, targets), Date.now());
  const { progress, at } = await confirmClose(ada, preview, (phrase) =>
    screen.deed('Ada', `types ${phrase} into the dialogue that opens`),
  );
  screen.line();

  const voting = voteOnOpenButtons(stage, targets, progress);
  const stopWatching = watchProgress(stage, screen, progress, () => votersLine(voting.tried()));
  const result = await untilResult(progress, longestMs);
  const wallMs = Date.now() - at;
  const votes = await voting.stop();
  stopWatching();
  return { progress, result, wallMs, minimumMs, votes };
}

/** Somebody closes a few of them first. The frozen plan skips these and says why. */
async function closeByHand(
  stage: Stage,
  polls: readonly CreatedPoll[],
  count: number,
  screen: Screen,
): Promise<CreatedPoll[]> {
  const place = stage.places.find(({ hidden, old }) => !hidden && !old)!;
  const chosen = polls
    .filter(({ message }) => message.channelId === place.channel.id && !message.deleted)
    .slice(-count);
  for (const { number } of chosen) {
    const reply = await place.admin.slash(place.channel, 'poll close', { poll: number });
    const { text } = await reply.message();
    if (!text.includes('is closed')) throw new Error(`/poll close answered: ${text}`);
  }
  screen.line(
    `Meanwhile a colleague closes ${chosen.map(({ number }) => `#${number}`).join(', ')} with ${styleText('cyan', '/poll close')}.`,
  );
  return polls.filter((poll) => !chosen.includes(poll));
}

function reachable(stage: Stage, polls: readonly CreatedPoll[]): SandboxMessage[] {
  const hidden = new Set(stage.places.filter((place) => place.hidden).map(({ channel }) => channel.id));
  return polls
    .map(({ message }) => message)
    .filter((message) => !message.deleted && !hidden.has(message.channelId));
}

/** After the frame that says that every change is committed, people press buttons that are still there. */
function voteOnOpenButtons(stage: Stage, polls: readonly CreatedPoll[], progress: SandboxMessage) {
  const over = new AbortController();
  let tried = 0;
  const choose = (turn: number) => {
    if (!allCommitted(progress)) return undefined;
    const open = polls.filter(({ message }) => !message.deleted && message.buttons.length > 0);
    const chosen = open[(turn * 7919) % Math.max(1, open.length)]?.message;
    if (chosen) tried += 1;
    return chosen;
  };
  const votes = keepVoting(stage.voters, choose, 400, over.signal);
  return {
    tried: () => tried,
    stop: () => {
      over.abort();
      return votes;
    },
  };
}

function allCommitted(progress: SandboxMessage): boolean {
  const halves = committedIn(progress);
  return halves !== null && halves.committed === halves.of;
}

function votersLine(tried: number): string {
  if (tried === 0) return '';
  return styleText(
    'dim',
    `Voters pressed ${tried} buttons that are still there; every poll is closed already.`,
  );
}
