import type { Batch, DeliveryJob, FinalOutcome } from '../delivery-batch.ts';

export interface RefreshBatch {
  readonly people: boolean;
  readonly settled: (outcome: FinalOutcome) => void;
}

export interface RefreshParts {
  /** Puts the job into its lane as a batch of its own. `settled` gets its final outcome. */
  readonly add: (job: DeliveryJob, how: RefreshBatch) => Batch;
  readonly ended: (job: DeliveryJob, outcome: FinalOutcome) => void;
  readonly broken: (job: DeliveryJob, error: unknown) => void;
}

interface Refresh {
  readonly job: DeliveryJob;
  readonly people: boolean;
  batch: Batch | null;
  /** Somebody waits for the outcome: what Discord refused before is tried as well. */
  insisted: boolean;
  inFlight: boolean;
  outcome: FinalOutcome | null;
  waiting: Waiter[];
  /** It was asked for again after it was sent. What is sent may be older, so it is sent once more afterwards. */
  again: Wanted | null;
}

type Waiter = (outcome: FinalOutcome | null) => void;

/** A poll that is to be shown, and who waits for that. */
interface Wanted {
  readonly job: DeliveryJob;
  readonly people: boolean;
  readonly waiting: Waiter[];
}

/** Polls to be shown soon. Each is queued at most once, however often that is asked for. */
export class Refreshes {
  readonly #parts: RefreshParts;
  readonly #refreshes = new Map<number, Refresh>();

  constructor(parts: RefreshParts) {
    this.#parts = parts;
  }

  /** `people`: somebody waits for it, so it goes ahead of background work. */
  refresh(job: DeliveryJob, { people }: { readonly people: boolean }): void {
    this.#queue({ job, people, waiting: [] });
  }

  /** As `refresh`, with the final outcome; null if it was never reached (stopped, database lost). */
  insist(job: DeliveryJob): Promise<FinalOutcome | null> {
    return new Promise((resolve) => this.#queue({ job, people: true, waiting: [resolve] }));
  }

  /** The poll's job is being sent now. Returns whether somebody insists. */
  sending(pollId: number, batch: Batch): boolean {
    const refresh = this.#refreshes.get(pollId);
    if (refresh?.batch !== batch) return false;
    refresh.inFlight = true;
    return refresh.insisted;
  }

  #queue({ job, people, waiting }: Wanted): void {
    const known = this.#refreshes.get(job.pollId);
    if (!known) {
      this.#enqueue({ job, people, waiting });
    } else if (known.inFlight) {
      const again = known.again ?? { job, people, waiting: [] };
      known.again = { job, people: people || again.people, waiting: [...again.waiting, ...waiting] };
    } else if (people && !known.people) {
      const all = [...known.waiting.splice(0), ...waiting];
      this.#refreshes.delete(job.pollId);
      void known.batch?.stop();
      this.#enqueue({ job, people: true, waiting: all });
    } else {
      known.waiting.push(...waiting);
      known.insisted ||= waiting.length > 0;
    }
  }

  #enqueue({ job, people, waiting }: Wanted): void {
    const refresh: Refresh = {
      job,
      people,
      batch: null,
      insisted: waiting.length > 0,
      inFlight: false,
      outcome: null,
      waiting,
      again: null,
    };
    this.#refreshes.set(job.pollId, refresh);
    refresh.batch = this.#parts.add(job, {
      people,
      settled: (outcome) => {
        refresh.outcome = outcome;
      },
    });
    refresh.batch.finished.then(
      () => this.#end(refresh),
      (error) => {
        this.#parts.broken(job, error);
        this.#end(refresh);
      },
    );
  }

  #end(refresh: Refresh): void {
    const { job, outcome, again } = refresh;
    if (this.#refreshes.get(job.pollId) === refresh) this.#refreshes.delete(job.pollId);
    if (outcome) this.#parts.ended(job, outcome);
    for (const resolve of refresh.waiting) resolve(outcome);
    if (!again) return;
    if (outcome?.type === 'done') this.#queue(again);
    // After a failure the sweep comes back, or nobody should.
    else for (const resolve of again.waiting) resolve(outcome);
  }
}
