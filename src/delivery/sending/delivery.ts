import type { Loop } from '../../base/loop.ts';
import type { Service } from '../../base/service.ts';
import { within } from '../../base/within.ts';
import type { Batch, BatchHandler, Deliverer, DeliveryJob, FinalOutcome } from '../delivery-batch.ts';
import type { TogetherOutcome } from '../lanes/attempts.ts';
import { BulkDeleteTurns } from '../lanes/bulk-delete-turns.ts';
import { Health } from '../lanes/health.ts';
import type { LaneBatch } from '../lanes/lane-batch.ts';
import { Lanes } from '../lanes/lanes.ts';
import { Refreshes } from '../lanes/refreshes.ts';
import { withinPatience } from '../message-limit.ts';
import type { Outcome } from '../outcome.ts';
import { type BulkDeletes, bulkDeleteChannels, deleteLoads } from '../pace/bulk-delete-choice.ts';
import { deleteTogether } from './delete-together.ts';
import { deliverOne } from './deliver-one.ts';
import type { DeliverParts } from './deliver-parts.ts';
import { discordAnswers } from './discord-answers.ts';
import { createSweep } from './sweep.ts';

/**
 * Makes each poll's message show its poll: batches for operations, refreshes for everything else, and a sweep behind
 * them. What is shown is read when a job's turn comes, so many changes make one edit.
 */
export class Delivery implements Deliverer, Service {
  readonly #parts: DeliverParts;
  readonly #bulkDeleteTurns: BulkDeleteTurns;
  readonly #lanes: Lanes;
  readonly #refreshes: Refreshes;
  readonly #batches = new WeakMap<LaneBatch, { repost: boolean }>();
  readonly #sweep: Loop;

  /**
   * `random` in [0, 1) spreads retries. `tokenRefused` is called when Discord refuses the bot's token: from then on
   * everything is refused. `bulkDeletes`: where many messages may be deleted at once. Default: nowhere.
   */
  constructor(
    parts: DeliverParts & {
      readonly random: () => number;
      readonly tokenRefused?: (reason: string) => void;
      readonly bulkDeletes?: BulkDeletes;
    },
  ) {
    this.#parts = parts;
    this.#bulkDeleteTurns = new BulkDeleteTurns(parts.rateLimits, parts.bulkDeletes ?? (() => null));
    this.#lanes = new Lanes({
      send: (job, batch, priority) => this.#send(job, batch, priority),
      sendTogether: (jobs, batch, priority) => this.#sendTogether(jobs, batch, priority),
      delay: ({ channelId }, now, kind) =>
        kind === 'bulk-delete'
          ? this.#bulkDeleteTurns.delay(channelId, now)
          : parts.rateLimits.delay(channelId, kind, now),
      editRoom: (channelId, now) => parts.rateLimits.editRoom(channelId, now),
      health: new Health(),
      discordAnswers: () => discordAnswers(parts.rest),
      clock: parts.clock,
      random: parts.random,
    });
    this.#refreshes = new Refreshes({
      add: (job, { people, settled }) => {
        const handler: BatchHandler = {
          repost: false,
          settled: async (_jobs, outcome) => settled(outcome),
        };
        return this.#lanes.add([job], handler, { people, turn: 'refresh' });
      },
      ended: (job, outcome) => {
        if (outcome.type === 'abort') parts.tokenRefused?.(outcome.reason);
        if (outcome.type === 'failed') {
          const { code, reason } = outcome;
          parts.log.warn(
            { poll: job.pollId, code, reason },
            "a poll's message could not be brought up to date",
          );
        }
      },
      broken: (job, error) =>
        parts.log.error({ err: error, poll: job.pollId }, "bringing a poll's message up to date broke off"),
    });
    this.#sweep = createSweep(parts, (job) => this.#refreshes.refresh(job, { people: false }));
  }

  /** Begins to heal what is behind. To be called once the bot is logged in. */
  async start(): Promise<void> {
    await this.#sweep.start();
  }

  /** Starts nothing new. Resolves when nothing is in flight any more. What is left undone is in the database. */
  async stop(): Promise<void> {
    await Promise.all([this.#sweep.stop(), this.#lanes.close()]);
  }

  startBatch(
    jobs: readonly DeliveryJob[],
    handler: BatchHandler,
    more?: AsyncIterable<readonly DeliveryJob[]>,
  ): Batch {
    const known = [...jobs];
    const chooseBulkDeletes = () => {
      if (!handler.deletes) return;
      const now = this.#parts.clock.now().getTime();
      batch.bulkDeleteChannels = bulkDeleteChannels(deleteLoads(known, now, this.#bulkDeleteTurns.serverOf));
    };
    async function* noted(chunks: AsyncIterable<readonly DeliveryJob[]>) {
      for await (const chunk of chunks) {
        known.push(...chunk);
        chooseBulkDeletes();
        yield chunk;
      }
    }
    const batch = this.#lanes.add(jobs, handler, { more: more && noted(more) });
    chooseBulkDeletes();
    this.#batches.set(batch, handler);
    return batch;
  }

  get waiting(): Lanes['waiting'] {
    return this.#lanes.waiting;
  }

  refresh(job: DeliveryJob): void {
    this.#refreshes.refresh(job, { people: true });
  }

  async deliver(job: DeliveryJob, withinMs: number): Promise<FinalOutcome | null> {
    return await within(this.#parts.clock, withinMs, this.#refreshes.insist(job), null);
  }

  async #sendTogether(
    jobs: readonly DeliveryJob[],
    batch: LaneBatch,
    priority: number,
  ): Promise<TogetherOutcome> {
    const { channelId } = jobs[0]!;
    const { outcome, apart, lackingPermission } = await this.#bulkDeleteTurns.take(channelId, (serverId) =>
      deleteTogether(this.#parts, { channelId, serverId, jobs, priority, turn: batch.turn }),
    );
    if (lackingPermission)
      batch.bulkDeleteChannels = batch.bulkDeleteChannels.difference(new Set([channelId]));
    return { outcome, apart };
  }

  async #send(job: DeliveryJob, batch: LaneBatch, priority: number): Promise<Outcome> {
    const operation = this.#batches.get(batch);
    if (operation) {
      const { repost } = operation;
      const outcome = await deliverOne(this.#parts, job.pollId, {
        repost,
        respectHolds: false,
        respectParks: false,
        priority,
        turn: batch.turn,
        refused: (deed) => batch.refusals.of(job.channelId, deed),
      });
      return withinPatience(outcome);
    }
    const insisted = this.#refreshes.sending(job.pollId, batch);
    return await deliverOne(this.#parts, job.pollId, {
      repost: false,
      respectHolds: true,
      respectParks: !insisted,
      priority,
      turn: batch.turn,
    });
  }
}
