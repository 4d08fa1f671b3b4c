import { isDeepStrictEqual } from 'node:util';
import type { Sandbox } from '../../sandbox.ts';
import type { SandboxMessage } from '../../world/message.ts';
import { type KnownPoll, type PollState, replay } from './model.ts';
import type { PollRow, Rows } from './rows.ts';
import { pollOf } from './shown-poll.ts';

export interface Checked {
  readonly findings: readonly string[];
  /** What each poll is now. */
  readonly states: ReadonlyMap<number, PollState>;
}

export interface CheckInput {
  readonly sandbox: Sandbox;
  readonly polls: ReadonlyMap<number, KnownPoll>;
  readonly rows: Rows;
  /** Operations that an earlier round looked at. */
  readonly done: ReadonlySet<number>;
  /** Channels that refused the bot in this round. */
  readonly refusing: ReadonlySet<string>;
}

/** What is not done yet. A round is not over while there is something. */
export function unfinished({ operations, polls }: Rows): string[] {
  const open = operations
    .filter(({ state, result_shown }) => /queued|running|paused|cancelling/.test(state) || !result_shown)
    .map(({ id, state }) => `operation ${id} is ${state}, or its result is not shown`);
  const behind = polls
    .filter((poll) => (poll.behind && !poll.message_gone) || poll.ping_pending || poll.held_by !== null)
    .map((poll) => `poll ${poll.id}: ${JSON.stringify({ ...poll, shows: undefined })}`);
  return [...open, ...behind];
}

/** Compares rows, messages, votes, pings, notices, reports and audit with each other and with what people did and saw. */
export function check(input: CheckInput): Checked {
  const { polls, rows, done, refusing, sandbox } = input;
  const { states, odd } = replay(polls, rows, done, refusing);
  const findings = [
    ...odd,
    ...checkPolls(input, states),
    ...checkVotes(input),
    ...checkOperations(input),
    ...checkPosts(input),
    ...sandbox.violations.map(
      (violation) => `Discord would have refused: ${JSON.stringify(violation).slice(0, 800)}`,
    ),
    ...(rows.brokenChain === null ? [] : [`the audit chain is broken: ${rows.brokenChain}`]),
  ];
  return { findings, states };
}

/** Each poll is what the operations say, and has one message that shows it, or none if it is deleted. */
function checkPolls({ sandbox, polls, rows }: CheckInput, states: ReadonlyMap<number, PollState>): string[] {
  const messages = Map.groupBy(sandbox.messages, pollOf);
  const rowOf = new Map(rows.polls.map((row) => [row.id, row]));
  const findings: string[] = [];
  for (const { id } of polls.values()) {
    const row = rowOf.get(id);
    if (!row) {
      findings.push(`poll ${id} was acknowledged and is lost`);
      continue;
    }
    if (!isDeepStrictEqual(stateOf(row), states.get(id)))
      findings.push(`poll ${id} is ${JSON.stringify(stateOf(row))}, not ${JSON.stringify(states.get(id))}`);
  }
  for (const row of rows.polls) findings.push(...checkMessage(row, messages.get(row.id) ?? []));
  return findings;
}

function checkMessage(row: PollRow, own: readonly SandboxMessage[]): string[] {
  if (row.parked) return [`poll ${row.id} is parked though nothing refuses it any more`];
  const wanted = row.deleted || row.message_gone ? 0 : 1;
  if (own.length !== wanted)
    return [`poll ${row.id} has ${own.length} messages (${own.map(({ id }) => id)}) instead of ${wanted}`];
  const [message] = own;
  if (!message) return [];
  if (message.id !== row.message_id)
    return [`poll ${row.id} is shown by ${message.id}, not ${row.message_id}`];
  const { content, embeds, components } = message;
  const shows = { content, embeds, components };
  const wants = { ...row.shows };
  return isDeepStrictEqual(shows, wants)
    ? []
    : [`poll ${row.id} shows ${JSON.stringify(shows)}, and should show ${JSON.stringify(wants)}`];
}

/** Everybody who was told that their vote counts has it, and nobody has one who did not press. */
function checkVotes({ polls, rows, done }: CheckInput): string[] {
  const fresh = new Set(rows.operations.filter(({ id }) => !done.has(id)).map(({ id }) => id));
  const reset = new Set(
    rows.operations
      .filter(({ id, params }) => fresh.has(id) && params.reset_votes === true)
      .flatMap(({ id }) => rows.items.filter((item) => item.operation_id === id).map((item) => item.poll_id)),
  );
  const votes = Map.groupBy(rows.votes, ({ poll_id }) => poll_id);
  const findings: string[] = [];
  for (const poll of polls.values()) {
    if (reset.has(poll.id)) continue;
    const cast = new Map((votes.get(poll.id) ?? []).map((vote) => [vote.user_id, vote.position]));
    for (const [user, position] of poll.voted) {
      if (cast.get(user) !== position)
        findings.push(`poll ${poll.id}: the vote of ${user} for ${position} is ${cast.get(user) ?? 'lost'}`);
    }
    for (const [user, position] of cast) {
      if (poll.voted.get(user) !== position && poll.unsure.get(user) !== position)
        findings.push(`poll ${poll.id}: nobody cast the vote of ${user} for ${position}`);
    }
  }
  return findings;
}

/** Each operation ended once, its counts add up, and its message says what its rows say. */
function checkOperations({ sandbox, rows, done }: CheckInput): string[] {
  const items = Map.groupBy(rows.items, ({ operation_id }) => operation_id);
  const titles = Map.groupBy(sandbox.messages, (message) =>
    message.field('Waiting') === undefined
      ? 0
      : Number(/Operation #(\d+)/.exec(message.embeds[0]?.title ?? '')?.[1]),
  );
  return rows.operations
    .filter(({ id }) => !done.has(id))
    .flatMap(({ id, state, total, failure }) => {
      const own = (items.get(id) ?? []).filter((item) => item.state !== 'excluded');
      const count = (wanted: string) => own.filter((item) => item.state === wanted).length;
      const counts = [count('done'), count('failed'), count('skipped'), count('planned') + count('applied')];
      const findings: string[] = [];
      if (state === 'failed') findings.push(`operation ${id} was aborted: ${failure}`);
      if (own.length !== total || counts[3] !== 0)
        findings.push(`operation ${id} of ${total} ended with ${counts}`);
      for (const event of ['confirmed', 'finished']) {
        const times = rows.audit.filter((row) => row.operation_id === id && row.event === event).length;
        if (times !== 1) findings.push(`operation ${id} was ${event} ${times} times, says the audit`);
      }
      return [...findings, ...checkProgress(id, state, total, counts, titles.get(id) ?? [])];
    });
}

const countNames = ['Done', 'Failed', 'Skipped', 'Waiting'];

function checkProgress(
  id: number,
  state: string,
  total: number,
  counts: readonly number[],
  shown: readonly SandboxMessage[],
): string[] {
  const public_ = shown.filter((message) => !message.ephemeral && message.guildId !== null);
  const [message] = public_;
  if (!message || public_.length > 1) return [`operation ${id} has ${public_.length} progress messages`];
  const findings: string[] = [];
  const frames = message.versions.map(({ embeds }) =>
    countNames.map((name) => Number(embeds[0]?.fields?.find((field) => field.name === name)?.value)),
  );
  if (frames.some((frame) => frame.reduce((sum, one) => sum + one, 0) !== total))
    findings.push(`operation ${id} showed counts that do not add up to ${total}: ${frames.join(' | ')}`);
  if (frames.some(([shownDone], index) => (shownDone ?? 0) < (frames[index - 1]?.[0] ?? 0)))
    findings.push(`Done of operation ${id} went back: ${frames.map(([shownDone]) => shownDone)}`);
  if (!isDeepStrictEqual(frames.at(-1), counts))
    findings.push(`operation ${id} shows ${frames.at(-1)} in the end, not ${counts}`);
  if (!message.embeds[0]?.title?.endsWith(state))
    findings.push(`operation ${id} is ${state} and shows “${message.embeds[0]?.title}”`);
  return findings;
}

/**
 * There is one ping for each opening, and one notice for each poll that a close with `notify` finished. Nothing else
 * is posted.
 */
function checkPosts({ sandbox, polls, rows }: CheckInput): string[] {
  const ours = sandbox.messages.filter(
    ({ authorId, guildId, ephemeral }) => authorId === sandbox.world.bot.id && guildId !== null && !ephemeral,
  );
  const findings: string[] = [];
  const pings = Map.groupBy(ours, ({ content }) => Number(/^<@&\d+> .*#(\d+)/.exec(content)?.[1] ?? 0));
  const notices = Map.groupBy(ours, ({ content }) =>
    Number(/^Poll #(\d+) is closed/.exec(content)?.[1] ?? 0),
  );
  const notifying = new Map(
    rows.operations
      .filter(({ kind, params, undo_of }) => kind === 'close' && params.notify === true && undo_of === null)
      .map((operation) => [operation.id, operation]),
  );
  const told = Map.groupBy(
    rows.items.filter(({ operation_id, state }) => notifying.has(operation_id) && state === 'done'),
    ({ poll_id }) => poll_id,
  );
  for (const { id, pings: allowed } of polls.values()) {
    const pinged = pings.get(id)?.length ?? 0;
    if (pinged > (allowed ?? 0))
      findings.push(`poll ${id} pinged ${pinged} times, at most ${allowed ?? 0} are right`);
    const due = told.get(id) ?? [];
    const least = due.filter(
      ({ remark, operation_id }) => remark === null && notifying.get(operation_id)?.state !== 'cancelled',
    ).length;
    const posted = notices.get(id)?.length ?? 0;
    if (posted > due.length || posted < least)
      findings.push(`poll ${id} has ${posted} notices, and ${least} to ${due.length} are right`);
  }
  return findings;
}

function stateOf(row: PollRow): PollState {
  const { status, timezone, anonymous, max_choices: maxChoices, deleted } = row;
  return { status, timezone, anonymous, maxChoices, deleted };
}
