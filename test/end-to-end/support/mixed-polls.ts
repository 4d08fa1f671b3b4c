import { questionNumber } from '../../../sandbox/shows/stage/questions.ts';
import type { PollStatus } from '../../../src/polls/poll.ts';
import { cleanLine } from '../../../src/polls/text.ts';
import { hostileTexts } from '../../polls/hostile-texts.ts';
import type { PollSeed } from './seed-polls.ts';

/** What polls are made in. */
export interface Surroundings {
  readonly now: number;
  readonly channels: readonly { readonly id: string; readonly bornAt: number }[];
  readonly people: readonly string[];
  readonly roleId: string;
}

const minute = 60_000;
const day = 24 * 60 * minute;
const longestOption = 200;
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'];

/**
 * Poll `number` (from 1) of many different ones, the same in every run: zones, times, secret votes, several choices, roles to
 * ping, hostile texts and polls of twenty options come round in different rhythms. They are dealt over the channels in turn.
 */
export function mixedPoll(number: number, status: PollStatus, around: Surroundings): PollSeed {
  const { channels, people } = around;
  const { id: channelId, bornAt } = channels[number % channels.length]!;
  const options = optionsOf(number);
  const maxChoices = number % 5 === 1 ? 2 : 1;
  const wasScheduled = number % 6 === 1;
  return {
    question: isHostile(number) ? hostileText(number) : questionNumber(number).question,
    options,
    channelId,
    creatorId: people[number % 3]!,
    status,
    timezone: zones[number % zones.length]!,
    anonymous: number % 7 === 2,
    maxChoices,
    pingRoleId: number % 11 === 3 ? around.roleId : null,
    createdAt: new Date(bornAt),
    ...timesOf(number, status, bornAt, around.now),
    // It was made, opened if that came later, and closed.
    version: 1 + Number(status !== 'scheduled' && wasScheduled) + Number(status === 'closed'),
    votes: status === 'scheduled' ? [] : votesOf(number, options.length, maxChoices, people, bornAt),
  };
}

/** Closed polls closed by hand early, at their time, or by hand without having had one. */
function timesOf(number: number, status: PollStatus, bornAt: number, now: number) {
  const ahead = new Date(now + (2 + (number % 30)) * day);
  if (status === 'scheduled') {
    const opensAt = new Date(now + day + number * minute);
    return { opensAt, closesAt: number % 2 ? new Date(opensAt.getTime() + 3 * day) : null, closedAt: null };
  }
  const opensAt = number % 6 === 1 ? new Date(bornAt + minute) : null;
  if (status === 'active') return { opensAt, closesAt: number % 3 ? null : ahead, closedAt: null };
  const closedAt = new Date(bornAt + 20 * minute);
  return { opensAt, closesAt: [null, closedAt, ahead][number % 3]!, closedAt };
}

function optionsOf(number: number): readonly string[] {
  if (number % 40 === 11) return Array.from({ length: 20 }, (_, index) => `Candidate ${index + 1}`);
  const hostile = hostileText(number);
  if (isHostile(number) && hostile.length <= longestOption) return ['Yes', hostile, 'No'];
  return questionNumber(number).options.split(' | ');
}

function isHostile(number: number): boolean {
  return number % 31 === 5;
}

function hostileText(number: number): string {
  return cleanLine(hostileTexts[number % hostileTexts.length]![1]);
}

/** Nobody to eight people, in the second ten minutes of the poll's life. */
function votesOf(
  number: number,
  options: number,
  maxChoices: number,
  people: readonly string[],
  bornAt: number,
) {
  const voters = people.slice(3, 3 + ((number * 7) % 9));
  return voters.flatMap((userId, index) => {
    const at = new Date(bornAt + 10 * minute + ((number * 13 + index * 37) % 600) * 1000);
    const first = (number + index * index) % options;
    const choices = maxChoices === 2 && index % 2 ? [first, (first + 1) % options] : [first];
    return choices.map((position) => ({ userId, position, at }));
  });
}
