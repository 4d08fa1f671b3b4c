import { sql } from 'kysely';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Loop } from '../base/loop.ts';
import type { Service } from '../base/service.ts';
import type { Db } from './schema.ts';

const everyMs = 30_000;
/**
 * If this machine's time of day moves by so much against its monotonic clock, in ms, it was set, or the machine
 * slept: worth a look.
 */
const suspiciousStepMs = 1_000;

/**
 * The database's time of day. What several processes decide by (is it over? who was first?) must not depend on whose
 * wall clock is right. The database is asked every half minute; in between the time goes on by the monotonic clock.
 * So nothing that is done to this machine's wall clock moves it. Before the first answer it is the base clock's time.
 */
export class DatabaseClock implements Clock, Service {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #base: Clock;
  readonly #asking: Loop;
  /** What is added to the monotonic time; null before the first answer. */
  #offsetMs: number | null = null;
  /** The wall clock less the monotonic one, when the database was last asked. */
  #wallMs = 0;

  /** `db` is asked once each time, and does not wait for a database that is away. */
  constructor(db: Db, log: Logger, base: Clock = systemClock) {
    this.#db = db;
    this.#log = log;
    this.#base = base;
    this.#asking = new Loop({
      clock: base,
      log,
      turn: async () => {
        await this.#ask();
        return everyMs;
      },
      afterErrorMs: everyMs,
      failed: 'the database could not be asked for the time; the clock goes on',
      level: () => 'warn',
    });
  }

  now(): Date {
    const monotonic = this.#base.monotonic();
    if (this.#offsetMs === null) return this.#base.now();
    if (Math.abs(this.#base.now().getTime() - monotonic - this.#wallMs) > suspiciousStepMs)
      this.#asking.wake();
    return new Date(monotonic + this.#offsetMs);
  }

  monotonic(): number {
    return this.#base.monotonic();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#base.sleep(ms, signal);
  }

  /**
   * Resolves once the database has told its time; from then on it is asked again and again. Rejects if it does not
   * answer.
   */
  async start(): Promise<void> {
    await this.#ask();
    await this.#asking.start(everyMs);
  }

  async stop(): Promise<void> {
    await this.#asking.stop();
  }

  async #ask(): Promise<void> {
    const asked = this.#base.monotonic();
    this.#wallMs = this.#base.now().getTime() - asked;
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(this.#db);
    const answered = this.#base.monotonic();
    this.#learn(rows[0]!.now.getTime(), asked, answered);
  }

  /**
   * The database's clock showed that time at some moment between question and answer. If what is known already fits
   * into that, it stays.
   */
  #learn(databaseMs: number, asked: number, answered: number): void {
    const [least, most] = [databaseMs - answered, databaseMs - asked];
    const before = this.#offsetMs;
    if (before !== null && before >= least && before <= most) return;
    this.#offsetMs = (least + most) / 2;
    const wrongMs = Math.round(this.#wallMs - this.#offsetMs);
    if (before === null && Math.abs(wrongMs) > suspiciousStepMs)
      this.#log.warn({ wrongMs }, "this machine's clock is not the database's, which is what counts");
  }
}
