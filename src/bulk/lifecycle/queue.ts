import { sql } from 'kysely';
import type { Db } from '../../db/schema.ts';
import type { OperationRow } from '../operation.ts';

/** An operation that waits for a slot, with what its turn depends on. */
export type Queued = Pick<OperationRow, 'id' | 'guild_id' | 'admin_id' | 'confirmed_at' | 'resumed_at'>;

/**
 * The order in which operations get free slots. First come those that were resumed. Then servers take turns,
 * beginning with the one whose turn was longest ago. Within a server the first that was confirmed comes first.
 */
export class Queue<T extends Queued> {
  #resumed: T[];
  #waiting: T[];
  readonly #turns: Map<string, number>;

  /** `turns`: when each server had its last turn, in ms. A server that is missing never had one. */
  constructor(queued: readonly T[], turns: ReadonlyMap<string, number>) {
    this.#resumed = queued.filter((one) => one.resumed_at !== null).sort(by('resumed_at'));
    this.#waiting = queued.filter((one) => one.resumed_at === null).sort(by('confirmed_at'));
    this.#turns = new Map(turns);
  }

  /** Takes out the next one that `fits`. The others are passed over and keep their place. Null: there is none. */
  next(fits: (operation: T) => boolean = () => true): T | null {
    const resumed = this.#resumed.find(fits);
    if (resumed) {
      this.#resumed = this.#resumed.filter((one) => one !== resumed);
      return resumed;
    }
    const next = this.#waiting
      .filter(fits)
      .reduce<T | null>(
        (best, one) => (best === null || this.#turnOf(one) < this.#turnOf(best) ? one : best),
        null,
      );
    if (next === null) return null;
    this.#waiting = this.#waiting.filter((one) => one !== next);
    this.#turns.set(next.guild_id, Math.max(0, ...this.#turns.values()) + 1);
    return next;
  }

  #turnOf(operation: T): number {
    return this.#turns.get(operation.guild_id) ?? Number.NEGATIVE_INFINITY;
  }
}

/** When each of these servers had its last turn, in ms. */
export async function lastTurns(db: Db, serverIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ guild_id: string; started_at: Date | null }>`
    select guild_id, (select max(started_at) from operations where guild_id = server.guild_id) as started_at
    from unnest(${[...new Set(serverIds)]}::text[]) as server (guild_id)`.execute(db);
  const turns = rows.filter((row) => row.started_at !== null);
  return new Map(turns.map((row) => [row.guild_id, row.started_at!.getTime()]));
}

/** The place in the queue, from 1; null if the operation is not queued. */
export async function queuePlace(db: Db, operation: OperationRow): Promise<number | null> {
  if (operation.state !== 'queued') return null;
  const queued = await db
    .selectFrom('operations')
    .select(['id', 'guild_id', 'admin_id', 'confirmed_at', 'resumed_at'])
    .where('state', '=', 'queued')
    .execute();
  const servers = queued.map((one) => one.guild_id);
  const queue = new Queue(queued, await lastTurns(db, servers));
  for (let place = 1; ; place += 1) {
    const next = queue.next();
    if (next === null) return null;
    if (next.id === operation.id) return place;
  }
}

function by(column: 'resumed_at' | 'confirmed_at') {
  return (a: Queued, b: Queued) => (a[column]?.getTime() ?? 0) - (b[column]?.getTime() ?? 0) || a.id - b.id;
}
