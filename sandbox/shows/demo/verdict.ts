import type { SandboxMessage } from '../../world/message.ts';
import { type Counts, countsOf } from '../stage/counts.ts';
import type { CreatedPoll } from '../stage/create-polls.ts';
import { channelsOf, pollCount } from '../stage/layout.ts';
import type { Stage } from '../stage/stage.ts';
import type { Closing } from './close-them-all.ts';
import type { DemoLayout } from './layout.ts';

/** One thing that must hold, and whether it does. */
export interface Finding {
  readonly holds: boolean;
  readonly text: string;
}

export interface Evidence {
  readonly layout: DemoLayout;
  readonly polls: readonly CreatedPoll[];
  readonly gone: readonly CreatedPoll[];
  readonly closing: Closing;
  readonly retry: { readonly progress: SandboxMessage; readonly result: string };
  /** The operation's counts before the retry. */
  readonly counts: Counts;
}

/** Everything that a demonstration promises, checked against what the stand-in Discord saw. */
export function verdict(stage: Stage, evidence: Evidence): Finding[] {
  const { layout, counts, closing, retry, polls, gone } = evidence;
  const total = pollCount(channelsOf(layout));
  const hidden = channelsOf(layout).filter((channel) => channel.hidden);
  const unreachable = pollCount(hidden);
  const { done, failed, skipped, waiting } = counts;
  const retried = countsOf(retry.progress);
  const open = polls.filter(
    ({ message }) => !gone.some((poll) => poll.message === message) && !isClosed(message),
  );
  const refusedVotes = closing.votes.filter(({ refused }) => refused).length;
  const status = (code: number) => stage.sandbox.requests.filter((request) => request.status === code).length;
  const late = [...stage.sandbox.world.interactions.values()].filter((one) => one.acknowledgedAt === null);
  const pinging = stage.sandbox.messages.filter(pings);
  const { violations } = stage.sandbox;
  const problems = stage.bot.problems();

  return [
    finding(
      done + failed + skipped === total && waiting === 0,
      `${done} done + ${failed} failed + ${skipped} skipped = ${done + failed + skipped} of ${total} polls`,
    ),
    finding(
      failed === unreachable && closing.result === 'completed with failures',
      `${failed} of ${unreachable} polls out of reach failed, and the result says “${closing.result}”`,
    ),
    finding(
      skipped === layout.closedMeanwhile,
      `${skipped} of ${layout.closedMeanwhile} polls closed by hand meanwhile were skipped`,
    ),
    finding(
      retried.done === unreachable && retried.failed === 0 && retry.result === 'completed',
      `the retry brought ${retried.done} of ${unreachable} up to date, ${retried.failed} failed`,
    ),
    finding(
      open.length === 0,
      `${polls.length - gone.length - open.length} of ${polls.length - gone.length} messages say closed, without a button to press`,
    ),
    finding(
      closing.votes.length > 0 && refusedVotes === closing.votes.length,
      `${refusedVotes} of ${closing.votes.length} votes were refused while the messages followed`,
    ),
    finding(status(429) <= 5, `${status(429)} requests met a rate limit (429), 5 at most`),
    finding(
      status(403) === hidden.length,
      `${status(403)} requests were refused (403): one a closed channel, not one a poll`,
    ),
    finding(late.length === 0, `${late.length} interactions were left without an answer for 3 s`),
    finding(pinging.length === 0, `${pinging.length} messages pinged anybody`),
    finding(
      violations.length === 0,
      `${violations.length} requests broke Discord's rules${violations[0] ? `: ${violations[0].reason}` : ''}`,
    ),
    finding(problems === '', problems === '' ? 'the bot logged no error' : `the bot logged: ${problems}`),
  ];
}

function finding(holds: boolean, text: string): Finding {
  return { holds, text };
}

function isClosed(message: SandboxMessage): boolean {
  return (
    !message.deleted && /\bclosed\b/.test(message.text) && message.buttons.every((button) => button.disabled)
  );
}

function pings({ versions }: SandboxMessage): boolean {
  return versions.some(
    ({ mentions }) => mentions.everyone || mentions.users.length + mentions.roles.length > 0,
  );
}
