import type { OperationRow, Rows } from './rows.ts';

/** What a poll is, as far as operations change it. */
export interface PollState {
  readonly status: 'scheduled' | 'active' | 'closed';
  readonly timezone: string;
  readonly anonymous: boolean;
  readonly maxChoices: number;
  readonly deleted: boolean;
}

/** A poll as its admin and its voters know it. */
export interface KnownPoll {
  readonly id: number;
  readonly channelId: string;
  readonly labels: readonly string[];
  state: PollState;
  /** Who was told that their vote counts, and for which option. */
  readonly voted: Map<string, number>;
  /** Who pressed and was never answered. */
  readonly unsure: Map<string, number>;
  /** How often it may have pinged its role; null: it has none. */
  pings: number | null;
}

/** What an operation of this kind makes of a poll; null if it does not apply to it. */
export function becomes(
  { kind, params }: Pick<OperationRow, 'kind' | 'params'>,
  state: PollState,
): PollState | null {
  if (state.deleted) return null;
  switch (kind) {
    case 'close':
      return state.status === 'closed' ? null : { ...state, status: 'closed' };
    case 'delete':
      return { ...state, deleted: true };
    case 'reopen':
      return state.status === 'closed' ? { ...state, status: 'active' } : null;
    case 'status':
      return state.status === params.to ? null : { ...state, status: params.to as PollState['status'] };
    case 'settings':
      return changedSettings(state, params);
    default:
      throw new Error(`chaos knows no kind ${kind}`);
  }
}

function changedSettings(state: PollState, params: OperationRow['params']): PollState | null {
  const next = {
    ...state,
    timezone: (params.timezone as string | undefined) ?? state.timezone,
    anonymous: (params.anonymous as boolean | undefined) ?? state.anonymous,
    maxChoices: (params.max_choices as number | undefined) ?? state.maxChoices,
  };
  const same =
    next.timezone === state.timezone &&
    next.anonymous === state.anonymous &&
    next.maxChoices === state.maxChoices;
  return same ? null : next;
}

/**
 * Goes through the operations in their order and says what each poll must be now. It knows nothing but what the
 * operations are and which polls they say they changed. `odd` has the outcomes that cannot be. `refusing`: channels
 * that refused the bot meanwhile, where polls may fail.
 */
export function replay(
  polls: ReadonlyMap<number, KnownPoll>,
  rows: Rows,
  done: ReadonlySet<number>,
  refusing: ReadonlySet<string>,
): { states: Map<number, PollState>; odd: string[] } {
  const states = new Map([...polls].map(([id, { state }]) => [id, state]));
  const before = new Map<string, PollState>();
  const odd: string[] = [];
  const byId = new Map(rows.operations.map((operation) => [operation.id, operation]));
  const root = (id: number): number => {
    const of = byId.get(id)?.retry_of ?? null;
    return of === null ? id : root(of);
  };
  const items = Map.groupBy(rows.items, ({ operation_id }) => operation_id);
  for (const operation of rows.operations) {
    for (const item of items.get(operation.id) ?? []) {
      const poll = polls.get(item.poll_id);
      const was = states.get(item.poll_id);
      if (!poll || !was) continue;
      const isNew = !done.has(operation.id);
      const where = `operation ${operation.id} (${operation.kind}, ${operation.state}), poll ${item.poll_id}`;
      const undone =
        operation.undo_of === null ? undefined : before.get(`${root(operation.undo_of)}:${poll.id}`);
      const next = operation.undo_of === null ? becomes(operation, was) : (undone ?? null);
      if (item.state === 'done' || item.state === 'failed') {
        if (item.changed) {
          const key = `${root(operation.id)}:${poll.id}`;
          if (!before.has(key)) before.set(key, was);
          states.set(poll.id, next ?? was);
        }
        if (isNew && item.state === 'failed' && !refusing.has(poll.channelId))
          odd.push(`${where} failed without a reason: ${item.code} ${item.message}`);
      } else if (isNew && operation.retry_of === null && operation.undo_of === null) {
        const left = operation.state !== 'cancelled' && next !== null;
        if (left) odd.push(`${where} was left out though it applies: ${item.state}, ${item.message}`);
      }
    }
  }
  return { states, odd };
}
