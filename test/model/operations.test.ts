import fc from 'fast-check';
import { afterAll, describe, test } from 'vitest';
import type { Db } from '../../src/db/schema.ts';
import { freshPglite } from '../support/pglite-databases.ts';
import { connectPostgres, emptiedPostgresUrl } from '../support/postgres-databases.ts';
import { commands } from './commands.ts';
import { kindsByWeight } from './kinds.ts';
import { given, quiesce } from './scene.ts';

/** Another one makes other sequences; `random` finds what nobody has looked for. A failure names it. */
const wish = process.env.MODEL_SEED ?? '1';
const seed = wish === 'random' ? Date.now() % 2 ** 31 : Number(wish);
/** How many sequences on the embedded database; a quarter on PostgreSQL. */
const runs = Number(process.env.MODEL_RUNS ?? 100);
/** How long to look for a failure, and for the shortest sequence that makes it, on each. */
const limitMs = Number(process.env.MODEL_SECONDS ?? 60) * 1000;

/** A database for as many sequences as succeed; after a failure, which leaves things half done, another one. */
class Databases {
  readonly #fresh: () => Promise<Db>;
  readonly #opened: Db[] = [];
  #current: Db | null = null;

  constructor(fresh: () => Promise<Db>) {
    this.#fresh = fresh;
    afterAll(async () => {
      for (const db of this.#opened) await db.destroy();
    });
  }

  async lend(use: (db: Db) => Promise<void>): Promise<void> {
    const db = this.#current ?? (await this.#open());
    this.#current = null;
    await use(db);
    this.#current = db;
  }

  async #open(): Promise<Db> {
    const db = await this.#fresh();
    this.#opened.push(db);
    return db;
  }
}

async function check(databases: Databases, numRuns: number): Promise<void> {
  const few = fc.uniqueArray(fc.constantFrom(...kindsByWeight), { minLength: 1, maxLength: 3 });
  const sequences = fc.commands(commands, { maxCommands: 60, size: 'max' });
  const property = fc.asyncProperty(few, sequences, (kinds, sequence) =>
    databases.lend(async (db) => {
      const { model, real } = await given(db, kinds);
      await fc.asyncModelRun(() => ({ model, real }), sequence);
      await quiesce(model, real);
    }),
  );
  const limits = { timeout: 30_000, interruptAfterTimeLimit: limitMs };
  const report = await fc.check(property, { numRuns, seed, ...limits });
  if (report.failed) throw new Error(fc.defaultReportMessage(report), { cause: report.errorInstance });
}

describe(`operations, whatever comes between them (seed ${seed}),`, { timeout: 2 * limitMs + 60_000 }, () => {
  const embedded = new Databases(async () => (await freshPglite()).db);
  const server = new Databases(async () => connectPostgres(await emptiedPostgresUrl()));

  test('leave polls, votes, pings and messages as the model says (embedded)', () => check(embedded, runs));

  test('leave polls, votes, pings and messages as the model says (PostgreSQL)', () =>
    check(server, Math.ceil(runs / 4)));
});
