import { stringify } from 'csv-stringify/sync';
import type { MessageFile } from '../../base/message-body.ts';
import type { Db } from '../../db/schema.ts';
import type { OperationRow } from '../operation.ts';
import type { ItemState } from '../operation-store.ts';
import { type Names, nameChannels } from '../words/naming.ts';

/** One poll of an operation, as the report tells it. */
export interface ReportRow {
  readonly number: number;
  readonly question: string;
  readonly server: string;
  readonly outcome: string;
  readonly errorCode: string | null;
  readonly message: string | null;
  readonly attempts: number;
  /** From the operation's start to the poll's outcome, in seconds; null while it waits. */
  readonly durationSeconds: number | null;
}

/** One row for each poll in the order of their numbers, those that the preview left out too. */
export async function readReport(db: Db, operation: OperationRow, names: Names): Promise<ReportRow[]> {
  const rows = await db
    .selectFrom('operation_items as item')
    .leftJoin('polls as poll', 'poll.id', 'item.poll_id')
    .select([
      'item.poll_id',
      'poll.question',
      'poll.guild_id',
      'item.state',
      'item.code',
      'item.message',
      'item.remark',
      'item.attempts',
      'item.finished_at',
    ])
    .where('item.operation_id', '=', operation.id)
    .where('item.state', '<>', 'missing')
    .orderBy('item.poll_id')
    .execute();
  return rows.map((row) => {
    const message = [row.message, row.remark].filter((part) => part !== null).join('; ');
    return {
      number: row.poll_id,
      question: row.question ?? '',
      server: row.guild_id === null ? '' : (names.server(row.guild_id) ?? row.guild_id),
      outcome: outcomeOf(row.state),
      errorCode: row.code,
      message: message === '' ? null : nameChannels(names, { serverId: null }, message),
      attempts: row.attempts,
      durationSeconds: secondsBetween(operation.started_at, row.finished_at),
    };
  });
}

function outcomeOf(state: ItemState): string {
  if (state === 'excluded') return 'left out';
  return state === 'planned' || state === 'applied' ? 'waiting' : state;
}

/** What heads the columns of a CSV, in their order. */
const headers: { readonly [Key in keyof ReportRow]: string } = {
  number: 'number',
  question: 'question',
  server: 'server',
  outcome: 'outcome',
  errorCode: 'error code',
  message: 'message',
  attempts: 'attempts',
  durationSeconds: 'duration',
};

/** The report as a file for a spreadsheet: a header row, then one row for each poll. Formulas are neutralised. */
export function reportCsv(operation: OperationRow, rows: readonly ReportRow[]): MessageFile {
  const text = stringify([...rows], {
    header: true,
    escape_formulas: true,
    columns: headers,
  });
  return { name: `operation-${operation.id}.csv`, data: Buffer.from(text) };
}

/** The report as JSON: an array of objects, texts verbatim. */
export function reportJson(operation: OperationRow, rows: readonly ReportRow[]): MessageFile {
  return { name: `operation-${operation.id}.json`, data: Buffer.from(`${JSON.stringify(rows, null, 2)}\n`) };
}

function secondsBetween(start: Date | null, end: Date | null): number | null {
  return start && end ? Math.max(0, Math.round((end.getTime() - start.getTime()) / 100) / 10) : null;
}
