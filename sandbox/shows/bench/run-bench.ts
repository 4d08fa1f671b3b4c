import { setTimeout as sleep } from 'node:timers/promises';
import { type CreatedPoll, createPolls } from '../stage/create-polls.ts';
import type { Layout } from '../stage/layout.ts';
import { type Stage, startStage } from '../stage/stage.ts';
import { keepVoting, type VoteAnswer } from '../stage/voters.ts';
import type { BenchDatabase } from './measure/bench-database.ts';
import { evenLayout, evenLayoutAndSingles } from './measure/bench-layouts.ts';
import { beginUsage, usageOf } from './measure/bot-usage.ts';
import { type CloseFigures, measureClose } from './measure/measure-close.ts';
import { measureOneByOne } from './measure/measure-one-by-one.ts';
import { runScale, type ScaleFigures, sizes } from './scale/run-scale.ts';

export const parts = ['close', 'votes', 'one-by-one', 'footprint', 'scale'] as const;
export type Part = (typeof parts)[number];

/** What an operation costs the machine. Null: this system or database does not tell. */
export interface Footprint {
  readonly peakBytes: number | null;
  readonly processorMs: number | null;
  readonly databaseMs: number | null;
}

export interface Measured extends CloseFigures {
  readonly footprint: Footprint;
}

export interface BenchFigures {
  readonly scale: ScaleFigures | null;
  /** What was measured with the stand-in; null if only `scale` was measured. */
  readonly staged: StagedFigures | null;
}

export interface StagedFigures {
  /** 1000 polls in 40 channels: all of Discord's limits bind. */
  readonly wide: Measured;
  /** 1000 polls in 20 channels: the channels' limits bind. Others vote meanwhile. */
  readonly narrow: Measured | null;
  /** 100 polls in 20 channels. */
  readonly small: Measured | null;
  readonly idleVotes: readonly VoteAnswer[] | null;
  /** Ms for each poll with `/poll close`: one channel after the other, and each in another channel. */
  readonly oneByOne: { readonly inOrderMs: number; readonly spreadMs: number } | null;
}

/** Discord's own limits, and round trips as on the internet. */
const conditions = { limits: 'true', latency: [80, 120] } as const;

/** Measures the parts one after the other. `say` tells what is under way. */
export async function runBench(
  database: BenchDatabase,
  chosen: ReadonlySet<Part>,
  say: (text: string) => void,
): Promise<BenchFigures> {
  const staged = parts.some((part) => part !== 'scale' && chosen.has(part));
  return {
    staged: staged ? await runStaged(database, chosen, say) : null,
    scale: chosen.has('scale') ? await runScale(database, sizes, say) : null,
  };
}

async function runStaged(
  database: BenchDatabase,
  chosen: ReadonlySet<Part>,
  say: (text: string) => void,
): Promise<StagedFigures> {
  const wideLayout = chosen.has('one-by-one') ? evenLayoutAndSingles(40, 25) : evenLayout(40, 25);
  const wide = await onStage(database, wideLayout, say, async (stage, polls, env) => {
    const oneByOne = chosen.has('one-by-one') ? await singles(stage, polls, say) : null;
    return { close: await close(stage, polls, [], database, env, say), oneByOne };
  });
  let idleVotes: VoteAnswer[] | null = null;
  const narrow =
    chosen.has('close') || chosen.has('votes')
      ? await onStage(database, evenLayout(20, 50), say, async (stage, polls, env) => {
          idleVotes = chosen.has('votes') ? await votesAtRest(stage, polls, say) : null;
          return await close(stage, polls, polls('Votes'), database, env, say);
        })
      : null;
  const rest = { oneByOne: wide.oneByOne, idleVotes };
  const small = chosen.has('footprint') ? await closeOnly(database, evenLayout(20, 5), say) : null;
  return { wide: wide.close, narrow, small, ...rest };
}

function closeOnly(database: BenchDatabase, layout: Layout, say: (text: string) => void): Promise<Measured> {
  return onStage(database, layout, say, (stage, polls, env) => close(stage, polls, [], database, env, say));
}

type Polls = (server: string) => CreatedPoll[];

/** Starts a bot on a new database, creates the polls, does the work, and ends it all. */
async function onStage<T>(
  database: BenchDatabase,
  layout: Layout,
  say: (text: string) => void,
  work: (stage: Stage, polls: Polls, env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const env = await database.env();
  const stage = await startStage(layout, conditions, env);
  try {
    const total = stage.places.reduce((sum, { count }) => sum + count, 0);
    say(`creating ${total} polls in ${stage.places.length} channels`);
    const created = await createPolls(stage.sandbox, stage.places);
    const polls = (server: string) =>
      created.filter(({ message }) => message.guildId === guildId(stage, server));
    return await work(stage, polls, env);
  } finally {
    await stage.close();
  }
}

async function close(
  stage: Stage,
  polls: Polls,
  votedOn: readonly CreatedPoll[],
  database: BenchDatabase,
  env: Readonly<Record<string, string>>,
  say: (text: string) => void,
): Promise<Measured> {
  const targets = polls('Targets');
  // By then the creation no longer counts against the channels' limits, and the bot is at rest.
  await sleep(6000);
  say(`closing ${targets.length} polls with one operation`);
  const pid = stage.bot.child.pid!;
  const busyBefore = await database.busyMs(env);
  const before = await beginUsage(pid);
  const figures = await measureClose(stage, guildId(stage, 'Targets'), targets, votedOn);
  const after = await usageOf(pid);
  const busyAfter = await database.busyMs(env);
  return {
    ...figures,
    footprint: {
      peakBytes: after?.peakBytes ?? null,
      processorMs: before && after && after.processorMs - before.processorMs,
      databaseMs: busyBefore === null || busyAfter === null ? null : busyAfter - busyBefore,
    },
  };
}

async function singles(stage: Stage, polls: Polls, say: (text: string) => void) {
  const [inOrder, spread] = [polls('Channel'), polls('Spread')];
  await sleep(6000);
  say(`closing ${inOrder.length} polls of one channel one by one`);
  const inOrderMs = (await measureOneByOne(stage, inOrder)) / inOrder.length;
  say(`closing ${spread.length} polls of as many channels one by one`);
  return { inOrderMs, spreadMs: (await measureOneByOne(stage, spread)) / spread.length };
}

async function votesAtRest(stage: Stage, polls: Polls, say: (text: string) => void): Promise<VoteAnswer[]> {
  say('voting while nothing else happens');
  const over = new AbortController();
  const open = polls('Votes');
  const voting = keepVoting(stage.voters, (turn) => open[turn % open.length]?.message, 250, over.signal);
  await sleep(15_000);
  over.abort();
  return await voting;
}

function guildId(stage: Stage, server: string): string {
  const found = [...stage.sandbox.world.guilds.values()].find(({ name }) => name === server);
  if (!found) throw new Error(`there is no server ${server}`);
  return found.id;
}
