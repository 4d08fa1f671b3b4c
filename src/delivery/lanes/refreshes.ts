import type { Batch, DeliveryJob, FinalOutcome } from '../delivery-batch.ts';

export interface RefreshBatch {
  readonly people: boolean;
  readonly settled: (outcome: FinalOutcome) => void;
}

export interface TouchParts {
  /** Puts the job into its lane as a batch of its own. `settled` gets its final outcome. */
  readonly add: (job: DeliveryJob, how: RefreshBatch) => Batch;
  readonly ended: (job: DeliveryJob, outcome: FinalOutcome) => void;
  readonly broken: (job: DeliveryJob, error: unknown) => void;
}

interface Touch {
  readonly job: DeliveryJob;
  readonly people: boolean;
  batch: Batch | null;
  /** Somebody waits for the outcome: what Discord refused before is tried as well. */
  insisted: boolean;
  inFlight: boolean;
  outcome: FinalOutcome | null;
  waiting: Waiter[];
  /** It was touched after it was sent. What is sent may be older, so it is sent once more afterwards. */
  again: Wanted | null;
}

type Waiter = (outcome: FinalOutcome | null) => void;

/** A poll that is to be shown, and who waits for that. */
interface Wanted {
  readonly job: DeliveryJob;
  readonly people: boolean;
  readonly waiting: Waiter[];
}

/** Polls to be shown soon. Each is queued at most once, however often it is touched. */
export class Touches {
  readonly #parts: TouchParts;
  readonly #touched = new Map<number, Touch>();

  constructor(parts: TouchParts) {
    this.#parts = parts;
  }

  /** `people`: somebody waits for it, so it goes ahead of background work. */
  touch(job: DeliveryJob, { people }: { readonly people: boolean }): void {
    this.#queue({ job, people, waiting: [] });
  }

  /** As `touch`, with the final outcome; null if it was never reached (stopped, database lost). */
  insist(job: DeliveryJob): Promise<FinalOutcome | null> {
    return new Promise((resolve) => this.#queue({ job, people: true, waiting: [resolve] }));
  }

  /** The poll's job is being sent now. Returns whether somebody insists. */
  sending(pollId: number, batch: Batch): boolean {
    const touch = this.#touched.get(pollId);
    if (touch?.batch !== batch) return false;
    touch.inFlight = true;
    return touch.insisted;
  }

  #queue({ job, people, waiting }: Wanted): void {
    const known = this.#touched.get(job.pollId);
    if (!known) {
      this.#enqueue({ job, people, waiting });
    } else if (known.inFlight) {
      const again = known.again ?? { job, people, waiting: [] };
      known.again = { job, people: people || again.people, waiting: [...again.waiting, ...waiting] };
    } else if (people && !known.people) {
      const all = [...known.waiting.splice(0), ...waiting];
      this.#touched.delete(job.pollId);
      void known.batch?.stop();
      this.#enqueue({ job, people: true, waiting: all });
    } else {
      known.waiting.push(...waiting);
      known.insisted ||= waiting.length > 0;
    }
  }

  #enqueue({ job, people, waiting }: Wanted): void {
    const touch: Touch = {
      job,
      people,
      batch: null,
      insisted: waiting.length > 0,
      inFlight: false,
      outcome: null,
      waiting,
      again: null,
    };
    this.#touched.set(job.pollId, touch);
    touch.batch = this.#parts.add(job, {
      people,
      settled: (outcome) => {
        touch.outcome = outcome;
      },
    });
    touch.batch.finished.then(
      () => this.#end(touch),
      (error) => {
        this.#parts.broken(job, error);
        this.#end(touch);
      },
    );
  }

  #end(touch: Touch): void {
    const { job, outcome, again } = touch;
    if (this.#touched.get(job.pollId) === touch) this.#touched.delete(job.pollId);
    if (outcome) this.#parts.ended(job, outcome);
    for (const resolve of touch.waiting) resolve(outcome);
    if (!again) return;
    if (outcome?.type === 'done') this.#queue(again);
    // After a failure the sweep comes back, or nobody should.
    else for (const resolve of again.waiting) resolve(outcome);
  }
}
