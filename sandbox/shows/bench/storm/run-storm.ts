import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../../../people/person.ts';
import type { SandboxMessage } from '../../../world/message.ts';
import { untilResult } from '../../stage/close-in-bulk.ts';
import { type CreatedPoll, createPolls } from '../../stage/create-polls.ts';
import type { Layout } from '../../stage/layout.ts';
import { type Stage, startStage } from '../../stage/stage.ts';
import type { BenchDatabase } from '../measure/bench-database.ts';
import { usageOf } from '../measure/bot-usage.ts';
import { type FarDatabase, farDatabase } from './far-database.ts';
import { pressOnAndOn, pressTogether, type StormAnswer } from './press-together.ts';

/** One poll that a whole server presses while an operation runs. */
export interface Storm {
  /** The round trip to the database, in ms; null: embedded. */
  readonly roundTripMs: number | null;
  readonly hot: readonly StormAnswer[];
  /** How long answers on other polls took: before, and meanwhile. */
  readonly restMs: readonly number[];
  readonly meanwhileMs: readonly number[];
}

export interface StormFigures {
  readonly database: string;
  readonly storms: readonly Storm[];
  /** How fast people can press on 100 polls, with nothing between the bot and its neighbours. */
  readonly flood: {
    readonly answers: readonly StormAnswer[];
    readonly ms: number;
    readonly processorMs: number | null;
  };
}

const crowd = 300;
const stormMs = 5_000;
const restMs = 5_000;
const floodMs = 10_000;
const floodPeople = 100;
const longestMs = 300_000;

const layout: Layout = {
  servers: [
    { name: 'Targets', channels: row('target', 20, 50) },
    { name: 'Votes', channels: [{ name: 'hot', polls: 4 }, ...row('other', 100, 1)] },
  ],
};

/** Storms at every round trip that the database can have, each on a poll of its own; then the flood. */
export async function runStorm(database: BenchDatabase, say: (text: string) => void): Promise<StormFigures> {
  const far = await farDatabase(database);
  const stage = await startStage(layout, { limits: 'off' }, far.env);
  try {
    say(`creating 1104 polls on ${database.name}`);
    const polls = await createPolls(stage.sandbox, stage.places);
    const people = Array.from({ length: crowd }, (_, n) => stage.sandbox.person({ name: `Voter ${n}` }));
    const place = (name: string) =>
      polls.filter(({ message }) => stage.names.channel(message.channelId)?.startsWith(name));
    stage.sandbox.setLimits('true');
    stage.sandbox.latency = [80, 120];
    const storms: Storm[] = [];
    for (const [turn, roundTripMs] of (far.roundTripsMs ?? [null]).entries()) {
      far.moveAway(roundTripMs ?? 0);
      say(`${crowd} people in ${stormMs / 1000} s${roundTripMs === null ? '' : `, ${roundTripMs} ms away`}`);
      const hot = place('hot')[turn]!.message;
      storms.push({ roundTripMs, ...(await storm(stage, people, hot, place('other'), turn)) });
    }
    say('as many votes as the machine carries');
    return { database: database.name, storms, flood: await flood(stage, far, people, place('other')) };
  } finally {
    await stage.close();
    await far.close();
  }
}

async function storm(
  stage: Stage,
  people: readonly Person[],
  hot: SandboxMessage,
  others: readonly CreatedPoll[],
  turn: number,
): Promise<Omit<Storm, 'roundTripMs'>> {
  const onOthers = (signal: AbortSignal) => votesOn(stage.voters, others, signal);
  const resting = new AbortController();
  const atRest = onOthers(resting.signal);
  await sleep(restMs);
  resting.abort();
  const rest = await atRest;

  const guildId = stage.places[0]!.guildId;
  const reply = await stage.ada.slash(stage.office, 'bulk settings', {
    server: guildId,
    max_choices: 2 - (turn % 2),
    ...(turn === 0 && { timezone: 'Europe/Berlin' }),
  });
  const preview = await reply.message();
  const confirmed = await stage.ada.press(preview, 'Confirm');
  const over = new AbortController();
  const during = onOthers(over.signal);
  const answers = await pressTogether(people, hot, stormMs);
  over.abort();
  const meanwhile = await during;
  const progress = await confirmed.message();
  await stage.ada.press(progress, 'Cancel');
  await untilResult(progress, longestMs);
  return { hot: answers, restMs: rest, meanwhileMs: meanwhile };
}

/** Somebody votes on another poll every 100 ms. Returns how long each waited. */
async function votesOn(
  voters: readonly Person[],
  polls: readonly CreatedPoll[],
  signal: AbortSignal,
): Promise<number[]> {
  const under: Promise<StormAnswer[]>[] = [];
  for (let turn = 0; !signal.aborted; turn += 1) {
    const { message } = polls[turn % polls.length]!;
    under.push(pressTogether([voters[turn % voters.length]!], message, 0));
    await sleep(100);
  }
  return (await Promise.all(under)).flat().map(({ afterMs }) => afterMs);
}

async function flood(
  stage: Stage,
  far: FarDatabase,
  people: readonly Person[],
  polls: readonly CreatedPoll[],
): Promise<StormFigures['flood']> {
  far.moveAway(0);
  stage.sandbox.latency = 0;
  stage.sandbox.setLimits('off');
  const pid = stage.bot.child.pid!;
  const before = await usageOf(pid);
  const began = Date.now();
  const answers = await pressOnAndOn(
    people.slice(0, floodPeople),
    polls.map(({ message }) => message),
    floodMs,
  );
  const ms = Date.now() - began;
  const after = await usageOf(pid);
  return { answers, ms, processorMs: before && after && after.processorMs - before.processorMs };
}

function row(name: string, channels: number, polls: number) {
  return Array.from({ length: channels }, (_, i) => ({ name: `${name}-${i + 1}`, polls }));
}
