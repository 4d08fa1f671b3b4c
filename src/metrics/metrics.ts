import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Logger } from '../base/log.ts';
import type { Db } from '../db/schema.ts';
import type { SentRequest } from '../delivery/pace/transport.ts';
import { databaseLatency, endedBetween, lastEntry, readDepths } from './metrics-store.ts';

/** What is read whenever somebody asks for the numbers. */
export interface MetricsSources {
  readonly db: Db;
  /** The same database, asked once, without waiting for one that is away. */
  readonly probeDb: Db;
  readonly log: Logger;
  /** This process, as the audit names it. */
  readonly processId: string;
  /** Shards by how they are: `ready`, `connecting`, … */
  shards(): Readonly<Record<string, number>>;
  /** Channels with messages that wait, the number of these messages, and whether everything fails. */
  waiting(): { readonly lanes: number; readonly jobs: number; readonly outage: boolean };
  /** Operations that this process executes, and admitted ones that wait here for one of them to let go. */
  operations(): { readonly executing: number; readonly waiting: number };
  /** Requests waiting for their turn at the pace of all requests. */
  paceWaiting(): number;
  /** Requests in the last ten minutes that count towards a ban of this address. */
  invalidRequests(): number;
}

/**
 * The numbers for Prometheus. Requests are counted as they happen. Everything else is read from rows when it is asked
 * for. Operations and polls are those that this process ended, so they add up over processes.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = this.#counter(
    'gavel_discord_requests_total',
    'Requests by kind (post, edit, edit-old, delete, bulk-delete, interaction, other). Status none: no answer came',
    ['kind', 'status'],
  );
  readonly #rateLimited = this.#counter(
    'gavel_discord_rate_limited_total',
    'Answers with 429, by kind of request',
    ['bucket'],
  );
  readonly #requestSeconds = this.#histogram(
    'gavel_discord_request_seconds',
    'How long Discord took, from the start of a request to the end of its answer',
    ['kind'],
    [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
  );
  readonly #turnSeconds = this.#histogram(
    'gavel_discord_turn_seconds',
    'How long a request waited for its turn',
    ['kind'],
    [0.02, 0.05, 0.1, 0.5, 1, 5, 15, 60],
  );
  readonly #operations = this.#counter(
    'gavel_operations_total',
    'Operations that this process ended. The outcomes are the words of the result',
    ['kind', 'outcome'],
  );
  readonly #polls = this.#counter('gavel_polls_total', 'Polls of these operations: done, failed, skipped', [
    'kind',
    'outcome',
  ]);
  readonly #operationSeconds = this.#histogram(
    'gavel_operation_seconds',
    'Running time of these operations, without pauses',
    ['kind'],
    [1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800],
  );
  readonly #open = this.#gauge(
    'gavel_operations_open',
    'Operations that are queued, running, paused or cancelling. Over all processes, so take max, not sum',
    ['state'],
  );
  readonly #queue = this.#gauge(
    'gavel_operations_queue',
    'Operations that this process executes (executing), and admitted ones that wait for one of them to let go (waiting)',
    ['state'],
  );
  readonly #outbox = this.#gauge(
    'gavel_polls_behind',
    'Polls whose message does not show their state yet and that no operation works on. Over all processes',
  );
  readonly #parked = this.#gauge(
    'gavel_polls_parked',
    'Polls that Discord refuses to show. They wait for a retry or for the right that was refused, or for 5 minutes if the server has too many active threads. Over all processes',
  );
  readonly #lanes = this.#gauge('gavel_delivery_lanes_waiting', 'Channels with messages to bring up to date');
  readonly #jobs = this.#gauge('gavel_delivery_jobs_waiting', 'Messages to bring up to date');
  readonly #pace = this.#gauge('gavel_discord_turns_waiting', 'Requests that wait for their turn now');
  readonly #invalid = this.#gauge(
    'gavel_discord_invalid_requests',
    'Requests of the last ten minutes that Discord answered with 401, 403 or 429. From 4000 on background work slows down. 10,000 earn a ban of the address',
  );
  readonly #outage = this.#gauge(
    'gavel_discord_outage',
    '1 while everything that is sent to Discord fails: only probes are sent, nothing is given up',
  );
  readonly #shards = this.#gauge('gavel_gateway_shards', 'Shards of this process', ['status']);
  readonly #database = this.#gauge('gavel_database_up', '1 if the database answers');
  readonly #latency = this.#gauge(
    'gavel_database_latency_seconds',
    'How long the database takes to answer the smallest question',
  );
  #counted: number | null = null;
  #collecting: Promise<void> | null = null;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** For the transport: one request was answered or failed. */
  observe({ kind, status, durationMs, waitedMs }: SentRequest): void {
    this.#requests.inc({ kind, status: status ?? 'none' });
    this.#requestSeconds.observe({ kind }, durationMs / 1000);
    this.#turnSeconds.observe({ kind }, waitedMs / 1000);
    if (status === 429) this.#rateLimited.inc({ bucket: kind });
  }

  /** Operations that ended before this call are not counted. To be called once, before the first of them can end. */
  async start({ db }: Pick<MetricsSources, 'db'>): Promise<void> {
    this.#counted = await lastEntry(db);
  }

  /**
   * The text for Prometheus. If the database does not answer, the text says so and leaves out what only the database
   * knows.
   */
  async text(sources: MetricsSources): Promise<string> {
    // Two at once would count the same entries twice.
    this.#collecting ??= this.#collect(sources).finally(() => {
      this.#collecting = null;
    });
    await this.#collecting;
    return await this.registry.metrics();
  }

  async #collect(sources: MetricsSources): Promise<void> {
    const { lanes, jobs, outage } = sources.waiting();
    this.#lanes.set(lanes);
    this.#jobs.set(jobs);
    this.#outage.set(outage ? 1 : 0);
    for (const [state, count] of Object.entries(sources.operations())) this.#queue.set({ state }, count);
    this.#pace.set(sources.paceWaiting());
    this.#invalid.set(sources.invalidRequests());
    this.#shards.reset();
    for (const [status, count] of Object.entries(sources.shards())) this.#shards.set({ status }, count);
    try {
      await this.#collectRows(sources);
      this.#database.set(1);
    } catch (error) {
      // This is the very thing to report. A scrape that failed as a whole would hide everything else.
      sources.log.warn({ err: error }, 'the database could not be asked for the metrics');
      this.#database.set(0);
      this.#open.reset();
      // `reset` would set them to 0, which would be a guess.
      for (const gauge of [this.#outbox, this.#parked, this.#latency]) gauge.remove();
    }
  }

  async #collectRows({ db, probeDb, processId }: MetricsSources): Promise<void> {
    this.#latency.set((await databaseLatency(probeDb)) / 1000);
    const { outbox, parked, ...states } = await readDepths(db);
    for (const [state, count] of Object.entries(states)) this.#open.set({ state }, count);
    this.#outbox.set(outbox);
    this.#parked.set(parked);
    if (this.#counted === null) return;
    const upTo = await lastEntry(db);
    const all = await endedBetween(db, processId, this.#counted, upTo);
    this.#counted = upTo;
    for (const ended of all) {
      const { kind, outcome } = ended;
      this.#operations.inc({ kind, outcome });
      for (const state of ['done', 'failed', 'skipped'] as const)
        this.#polls.inc({ kind, outcome: state }, ended[state]);
      if (ended.seconds !== null) this.#operationSeconds.observe({ kind }, ended.seconds);
    }
  }

  #counter(name: string, help: string, labelNames: string[]) {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge(name: string, help: string, labelNames: string[] = []) {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets: number[]) {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }
}
