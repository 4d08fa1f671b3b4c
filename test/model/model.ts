/**
 * What operations may do, as plain data: no SQL, no versions, no messages. Instants are milliseconds; `Status.since` and
 * `Opening` are numbers that no two changes share.
 */

export interface What {
  readonly status: 'scheduled' | 'active' | 'closed';
  /** Which change gave it this status. */
  readonly since: number;
  readonly timezone: string;
  readonly anonymous: boolean;
  readonly max: number;
  readonly role: string | null;
  readonly opensAt: number | null;
  readonly closesAt: number | null;
  readonly closedAt: number | null;
  readonly deletedAt: number | null;
}

export interface ModelVote {
  readonly user: string;
  readonly option: number;
  /** The turn in which it was cast. */
  readonly at: number;
}

export interface ModelPoll {
  readonly id: number;
  is: What;
  votes: ModelVote[];
  heldBy: number | null;
  /** The opening that still has to ping, and those that have. */
  owed: number | null;
  readonly pinged: Set<number>;
  /** A delivery of it waits for Discord's answer to its ping. */
  pinging: boolean;
  purged: boolean;
}

export interface ModelItem {
  readonly poll: number;
  state: 'excluded' | 'planned' | 'applied' | 'done' | 'failed' | 'skipped';
  found: What;
  /** What the operation left; for an undo, what it is to leave. */
  left: What | null;
  /** The ping that was owed when it was found, and when it was left or is to be left. */
  owedFound: number | null;
  owedLeft: number | null;
  /** Changed by the operation, or by one that it retries, and not put back. */
  changed: boolean;
  /** The turn of the change. */
  at: number;
  /** Its message has shown the change. */
  shown: boolean;
}

export type OperationState =
  | 'draft'
  | 'queued'
  | 'running'
  | 'paused'
  | 'completed'
  | 'completed with failures'
  | 'cancelled'
  | 'timed out'
  | 'failed';

export interface ModelOperation {
  readonly id: number;
  readonly kind: Kind;
  state: OperationState;
  readonly items: ModelItem[];
  readonly retryOf: ModelOperation | null;
  readonly undoOf: ModelOperation | null;
  readonly plannedAt: number;
  finishedAt: number | null;
  /** Votes that it took, by poll, and those cast since that a cancel took. */
  readonly aside: Map<number, ModelVote[]>;
  readonly asideSince: Map<number, ModelVote[]>;
}

/** A kind with its options, as the model knows it. */
export interface Kind {
  readonly name: string;
  /** As a person gives them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What a poll that is not deleted becomes; null if the kind does not apply to it. */
  readonly change: ((is: What, now: number, plannedAt: number) => Partial<What> | null) | null;
  /** What becomes of a ping that is still owed: kept unless said. `opens`: a scheduled poll opens, and owes one. */
  readonly ping?: 'none' | 'opens';
  readonly resetsVotes?: boolean;
  /** Whether a message deleted by hand is posted again. */
  readonly repost: boolean;
}

export class Model {
  readonly polls = new Map<number, ModelPoll>();
  readonly operations: ModelOperation[] = [];
  /** What is planned in this run: few kinds, so that they meet. */
  readonly kinds: readonly Kind[];
  now: number;
  turn = 0;
  #serial = 0;

  constructor(now: number, kinds: readonly Kind[]) {
    this.now = now;
    this.kinds = kinds;
  }

  /** A number that was never given before. */
  fresh(): number {
    this.#serial += 1;
    return this.#serial;
  }

  /** Gives the poll these columns; a new status is one since now, unless `since` says otherwise. */
  become(poll: ModelPoll, change: Partial<What>): void {
    const anew =
      change.status !== undefined && change.status !== poll.is.status && change.since === undefined;
    poll.is = { ...poll.is, ...change, ...(anew && { since: this.fresh() }) };
  }

  /** Polls open and close when their time has come, unless they are held or deleted. */
  schedule(): void {
    for (const poll of this.living()) {
      const { status, opensAt, closesAt } = poll.is;
      if (poll.heldBy !== null) continue;
      const over = closesAt !== null && closesAt <= this.now;
      if (status === 'scheduled' && !over && opensAt !== null && opensAt <= this.now) {
        this.become(poll, { status: 'active' });
        poll.owed = poll.is.role === null ? null : this.fresh();
      } else if (status !== 'closed' && over) {
        this.become(poll, { status: 'closed', closedAt: closesAt });
        poll.owed = null;
      }
    }
  }

  /** A press on an option, as a voter would describe what comes of it. */
  vote(poll: ModelPoll, user: string, option: number): 'added' | 'moved' | 'removed' | 'refused' {
    const mine = poll.votes.filter((vote) => vote.user === user);
    const without = (gone: readonly ModelVote[]) => poll.votes.filter((vote) => !gone.includes(vote));
    const cast = { user, option, at: this.turn };
    if (poll.is.status !== 'active' || poll.is.deletedAt !== null) return 'refused';
    const again = mine.filter((vote) => vote.option === option);
    if (again.length > 0) {
      poll.votes = without(again);
      return 'removed';
    }
    if (poll.is.max === 1 && mine.length > 0) {
      poll.votes = [...without(mine), cast];
      return 'moved';
    }
    if (mine.length >= poll.is.max) return 'refused';
    poll.votes = [...poll.votes, cast];
    return 'added';
  }

  /** The poll's message shows it; if an opening still owes its ping, that follows (unless `quiet`). */
  shown(poll: ModelPoll, quiet: boolean): void {
    for (const item of this.operations.flatMap((operation) => operation.items)) {
      if (item.poll === poll.id && item.changed) item.shown = true;
    }
    if (!quiet) this.ping(poll);
  }

  ping(poll: ModelPoll): void {
    if (poll.owed === null || poll.is.status !== 'active' || poll.is.deletedAt !== null) return;
    poll.pinged.add(poll.owed);
    poll.owed = null;
  }

  living(): ModelPoll[] {
    return [...this.polls.values()].filter((poll) => !poll.purged && poll.is.deletedAt === null);
  }
}

export function same(a: What, b: What | null): boolean {
  return b !== null && JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

export function isOver(operation: ModelOperation): boolean {
  return operation.finishedAt !== null;
}

/** What the poll's votes keep it from becoming; `since`: only secret votes cast from that turn on count as such. */
export function votesForbid(poll: ModelPoll, becomes: Partial<What>, since = 0): boolean {
  if (poll.is.anonymous && becomes.anonymous === false && poll.votes.some((vote) => vote.at >= since))
    return true;
  const most = becomes.max ?? poll.is.max;
  const chosen = new Map<string, number>();
  for (const { user } of poll.votes) chosen.set(user, (chosen.get(user) ?? 0) + 1);
  return most < poll.is.max && Math.max(0, ...chosen.values()) > most;
}
