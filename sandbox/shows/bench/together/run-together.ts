import { setTimeout as sleep } from 'node:timers/promises';
import { BotProcess } from '../../../machine/bot-process.ts';
import { confirmClose, previewClose, untilConfirmable, untilResult } from '../../stage/close-in-bulk.ts';
import { type CreatedPoll, createPolls } from '../../stage/create-polls.ts';
import type { Layout } from '../../stage/layout.ts';
import { minimumEditTime } from '../../stage/minimum-time.ts';
import { type Stage, startStage } from '../../stage/stage.ts';
import type { BenchDatabase } from '../measure/bench-database.ts';

/** What operations that run at the same time do to each other. Times in ms. */
export interface TogetherFigures {
  /** Few polls behind many in the same channel, confirmed while the many are under way. */
  readonly few: { readonly polls: number; readonly behind: number; readonly ms: number };
  /** Three operations in two processes; null on the embedded database, which has one process. */
  readonly processes: ProcessFigures | null;
}

export interface ProcessFigures {
  readonly polls: number;
  readonly ms: number;
  readonly minimumMs: number;
  readonly globalRefusals: number;
  readonly channelRefusals: number;
}

const conditions = { limits: 'true', latency: [80, 120] } as const;
const few = 5;
const many = 60;
const longestMs = 300_000;

/** Measures both, one after the other. `say` tells what is under way. */
export async function runTogether(
  database: BenchDatabase,
  say: (text: string) => void,
): Promise<TogetherFigures> {
  const oneChannel = { servers: [{ name: 'Full', channels: [{ name: 'full', polls: few + many }] }] };
  const inTurn = await onStage(database, oneChannel, say, async (stage, polls) => {
    say(`closing ${few} polls behind ${many} in their channel`);
    const first = await start(stage, polls.slice(few));
    await sleep(5_000);
    const second = await start(stage, polls.slice(0, few));
    await untilResult(second.progress, longestMs);
    const ms = second.progress.versions.at(-1)!.at - second.at;
    await untilResult(first.progress, longestMs);
    return { polls: few, behind: many, ms };
  });
  return { few: inTurn, processes: await twoProcesses(database, say) };
}

async function twoProcesses(
  database: BenchDatabase,
  say: (text: string) => void,
): Promise<ProcessFigures | null> {
  if (database.name !== 'PostgreSQL') return null;
  const channels = Array.from({ length: 40 }, (_, i) => ({ name: `shared-${i}`, polls: 18 }));
  return await onStage(
    database,
    { servers: [{ name: 'Shared', channels }] },
    say,
    async (stage, polls, env) => {
      const other = new BotProcess(env, stage.directory);
      try {
        await other.untilReady();
        say(`closing ${polls.length} polls by three operations in two processes`);
        stage.sandbox.clearLog();
        const minimumMs = minimumEditTime(
          polls.map(({ message }) => message),
          Date.now(),
        );
        const third = polls.length / 3;
        const started = [];
        for (let i = 0; i < 3; i += 1)
          started.push(await start(stage, polls.slice(i * third, (i + 1) * third)));
        for (const { progress } of started) await untilResult(progress, longestMs);
        const refused = (limit: string) =>
          stage.sandbox.requests.filter((request) => request.limit === limit).length;
        return {
          polls: polls.length,
          ms: Math.max(...started.map(({ progress }) => progress.versions.at(-1)!.at)) - started[0]!.at,
          minimumMs,
          globalRefusals: refused('global'),
          channelRefusals: refused('user'),
        };
      } finally {
        await other.kill('SIGTERM');
      }
    },
  );
}

async function start(stage: Stage, polls: readonly CreatedPoll[]) {
  const numbers = polls.map(({ number }) => number).join(',');
  const preview = await previewClose(stage.ada, stage.office, { polls: numbers });
  await untilConfirmable(preview);
  return await confirmClose(stage.ada, preview);
}

async function onStage<T>(
  database: BenchDatabase,
  layout: Layout,
  say: (text: string) => void,
  work: (stage: Stage, polls: CreatedPoll[], env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const limits = { BULK_MAX_PER_ADMIN: '3', BULK_CONFIRM_DELAY_SECONDS: '0' };
  const env = { ...(await database.env()), ...limits };
  const stage = await startStage(layout, conditions, env);
  try {
    say(`creating ${stage.places.reduce((sum, { count }) => sum + count, 0)} polls`);
    const polls = await createPolls(stage.sandbox, stage.places);
    // By then the creation no longer counts against the channels' limits.
    await sleep(6_000);
    const { sandbox, ada } = stage;
    const known = {
      DISCORD_TOKEN: sandbox.token,
      DISCORD_API_URL: sandbox.apiUrl,
      SUPER_ADMIN_IDS: ada.id,
      ...env,
    };
    return await work(stage, polls, known);
  } finally {
    await stage.close();
  }
}
