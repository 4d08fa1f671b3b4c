import { systemClock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/base/log.ts';
import type { Db } from '../../src/db/schema.ts';
import type { Outcome } from '../../src/delivery/outcome.ts';
import { RateLimits } from '../../src/delivery/pace/rate-limits.ts';
import { deliverOne } from '../../src/delivery/sending/deliver-one.ts';
import { overdue } from '../../src/delivery/sending/delivery-store.ts';
import type { DeliverOptions } from '../../src/delivery/sending/sending.ts';
import { processName } from '../bulk/bulk-fixture.ts';
import { botId, type FakeDiscord } from '../delivery/fake-discord.ts';

/** The processes that send: one attempt at a time, and pings whose answer is held back. */
export class Senders {
  readonly #db: Db;
  readonly #discord: FakeDiscord;
  readonly #pings = new Map<number, { readonly answer: () => void; readonly swept: Promise<unknown> }>();

  constructor(db: Db, discord: FakeDiscord) {
    this.#db = db;
    this.#discord = discord;
  }

  /** One attempt to show a poll. */
  async deliver(pollId: number, options: DeliverOptions, processId = processName): Promise<Outcome> {
    const parts = {
      db: this.#db,
      rest: this.#discord,
      rateLimits: new RateLimits(),
      clock: systemClock,
      log: createLogger('silent'),
      processId,
      botId: () => botId,
    };
    return await deliverOne(parts, pollId, options);
  }

  /** What the sweep does about one poll; null: nothing, because its message is right or it is left alone. */
  async sweep(pollId: number): Promise<Outcome | null> {
    const behind = await overdue(this.#db, 1000);
    if (!behind.some((job) => job.pollId === pollId)) return null;
    return await this.deliver(
      pollId,
      { repost: false, respectHolds: true, respectParks: true, priority: 0 },
      'sweeping process',
    );
  }

  /**
   * Sweeps the poll until Discord has its ping and the answer is under way. If no ping is sent, it returns what
   * happened instead.
   */
  async holdPing(pollId: number): Promise<'sent' | Outcome | null> {
    const [sent, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.#discord.after = async ({ options }) => {
      const body = options.body as { content?: string } | undefined;
      if (!body?.content?.startsWith('<@&')) return;
      sent.resolve();
      await answer.promise;
    };
    const swept = this.sweep(pollId);
    this.#pings.set(pollId, { answer: answer.resolve, swept });
    const reached = await Promise.race([sent.promise.then(() => 'sent' as const), swept]);
    this.#discord.after = () => undefined;
    return reached;
  }

  async landPing(pollId: number): Promise<void> {
    const ping = this.#pings.get(pollId)!;
    ping.answer();
    await ping.swept;
  }
}
