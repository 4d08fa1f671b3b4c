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

const any = '-';

/** The arguments of a page button's custom id. With their colons at most 85 characters. */
export function historyArgs(query: HistoryQuery): string[] {
  const { limit, offset, type, status, adminId } = query;
  return [String(offset), String(limit), type ?? any, status ?? any, adminId ?? any];
}

/** Reads the arguments back and believes nothing; null if this program did not write them. */
export function readHistoryArgs(args: readonly string[]): HistoryQuery | null {
  const [offset, limit, type, status, adminId] = args;
  if (args.length !== 5 || !isWhole(offset, 0, maxHistoryOffset) || !isWhole(limit, 1, maxHistoryLimit))
    return null;
  if (type !== any && !historyTypes().includes(type!)) return null;
  if (status !== any && !historyStatuses.includes(status!)) return null;
  if (adminId !== any && !/^\d{17,20}$/.test(adminId!)) return null;
  const given = (value: string | undefined) => (value === any ? null : value!);
  return {
    offset: Number(offset),
    limit: Number(limit),
    type: given(type),
    status: given(status),
    adminId: given(adminId),
  };
}

function isWhole(text: string | undefined, min: number, max: number): boolean {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max;
}
