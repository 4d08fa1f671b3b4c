import { isDiscordId } from '../../base/display/discord-id.ts';
import { operationKinds } from '../kinds/operation-kinds.ts';
import { openStates } from '../operation.ts';

export const defaultHistoryLimit = 10;
export const maxHistoryLimit = 25;
/** The greatest PostgreSQL `integer`: there cannot be more operations. */
export const maxHistoryOffset = 2_147_483_647;

/** Which past operations are asked for. Null: any. */
export interface HistoryQuery {
  readonly limit: number;
  readonly offset: number;
  /** A name of `historyTypes`. */
  readonly type: string | null;
  /** A name of `historyStatuses`. */
  readonly status: string | null;
  readonly adminId: string | null;
}

/** The subcommands that start an operation. A retry is also found under the kind that it repeats. */
export function historyTypes(): string[] {
  return [...operationKinds.map((kind) => kind.name), 'undo', 'retry'];
}

/** The result words, then the words for an operation that has no result yet. */
export const historyStatuses: readonly string[] = [
  'completed',
  'completed with failures',
  'cancelled',
  'timed out',
  'failed',
  ...openStates,
];

/** The query of a page's button, without trust in it; null if this program did not write it. */
export function checkHistoryQuery(read: HistoryQuery): HistoryQuery | null {
  const { limit, offset, type, status, adminId } = read;
  const known =
    isWhole(offset, 0, maxHistoryOffset) &&
    isWhole(limit, 1, maxHistoryLimit) &&
    (type === null || historyTypes().includes(type)) &&
    (status === null || historyStatuses.includes(status)) &&
    (adminId === null || isDiscordId(adminId));
  return known ? read : null;
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
