import { TransactionPooler } from '../../../machine/database-faults/transaction-pooler.ts';
import { untilResult } from '../../stage/close-in-bulk.ts';
import type { BenchDatabase } from '../measure/bench-database.ts';
import { TakeoverScene } from './takeover-scene.ts';

/** From a `kill -9` of the process that works on an operation to the next message that is edited, in ms, by kill. */
export interface TakeoverFigures {
  readonly name: string;
  readonly times: readonly number[];
  /** 95 % must come within so many ms. */
  readonly withinMs: number;
}

const patienceMs = 60_000;

/**
 * Kills `kills` times in each of the three ways to run the bot. Behind a pooler it kills a tenth as often, because
 * each takes half a minute.
 */
export async function runTakeover(
  database: BenchDatabase,
  kills: number,
  say: (text: string) => void,
): Promise<TakeoverFigures[]> {
  const { DATABASE_URL: one = '' } = await database.env();
  const { DATABASE_URL: two = '' } = await database.env();
  const { DATABASE_URL: behind = '' } = await database.env();
  const figures = [
    { name: 'one process, started again at once', withinMs: 3_000, times: await killAll(one, 1, kills, say) },
    { name: 'one of two processes', withinMs: 3_000, times: await killAll(two, 2, kills, say) },
  ];
  await using pooler = await TransactionPooler.start(behind, 12);
  const few = Math.ceil(kills / 10);
  const pooled = await killAll(pooler.url, 2, few, say);
  return [...figures, { name: 'one of two, behind a pooler', withinMs: 35_000, times: pooled }];
}

async function killAll(
  databaseUrl: string,
  processes: number,
  kills: number,
  say: (text: string) => void,
): Promise<number[]> {
  say(`${kills} kills of one of ${processes}`);
  const scene = await TakeoverScene.start(databaseUrl, processes);
  try {
    const times: number[] = [];
    for (let round = 0; round < kills; round += 1) times.push(await killOne(scene, round));
    return times;
  } finally {
    await scene.close();
  }
}

async function killOne(scene: TakeoverScene, round: number): Promise<number> {
  const { sandbox } = scene;
  const { progress, release } = await scene.halfWay(round);
  const owner = await scene.ownerOf(progress);
  const killedAt = Date.now();
  await owner.kill('SIGKILL');
  const since = sandbox.requests.length;
  const next = scene.launch();
  release();
  const edit = await sandbox.untilRequest(
    (request) => scene.isEdit(request) && sandbox.requests.indexOf(request) >= since,
    patienceMs,
  );
  await untilResult(progress, patienceMs);
  await next.untilReady();
  return edit.at - killedAt;
}
