import { type ColumnOption, stringify } from 'csv-stringify/sync';
import type { ExportWish } from '../kinds/operation-kind.ts';
import type { ExportRow } from './export-row.ts';

/** How rows become a file: `head`, then each row's text with `between` between them, then `tail`. */
export interface ExportText {
  readonly extension: string;
  readonly head: string;
  readonly between: string;
  readonly tail: string;
  text(row: ExportRow): string;
}

/** `columns`: how many options the longest poll has; a CSV has columns for so many. */
export function exportText(wish: ExportWish, columns: number): ExportText {
  return wish.format === 'json' ? jsonText : csvText(wish, columns);
}

/** An array of objects, one a line; texts verbatim. */
const jsonText: ExportText = {
  extension: 'json',
  head: '[\n',
  between: ',\n',
  tail: '\n]\n',
  text: (row) => JSON.stringify(row),
};

/**
 * A header row and one row a poll: what `ExportRow` has, then `option_1`, `votes_1` (and `voters_1`: ids with spaces
 * between), `option_2` … Texts that a spreadsheet would take for a formula get a `'` in front
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
function csvText({ voters }: ExportWish, columns: number): ExportText {
  const own: ColumnOption[] = ownColumns.map((key) => ({ key, header: key }));
  const perOption = Array.from({ length: columns }, (_, index): ColumnOption[] => [
    { key: `options[${index}].text`, header: `option_${index + 1}` },
    { key: `options[${index}].votes`, header: `votes_${index + 1}` },
    ...(voters ? [{ key: `options[${index}].voters`, header: `voters_${index + 1}` }] : []),
  ]);
  const all = [...own, ...perOption.flat()];
  return {
    extension: 'csv',
    head: stringify([all.map((column) => (column as { header: string }).header)]),
    between: '',
    tail: '',
    text: (row) =>
      stringify([row], {
        columns: all,
        escape_formulas: true,
        // A lone CR ends a line for some readers.
        quoted_match: /[\r\n]/,
        cast: {
          boolean: (value) => String(value),
          object: (value) => (Array.isArray(value) ? value.join(' ') : JSON.stringify(value)),
        },
      }),
  };
}

const ownColumns = [
  'number',
  'question',
  'status',
  'server_id',
  'server',
  'channel_id',
  'channel',
  'creator_id',
  'link',
  'timezone',
  'anonymous',
  'max_choices',
  'ping_role_id',
  'created_at',
  'created_at_local',
  'opens_at',
  'opens_at_local',
  'closes_at',
  'closes_at_local',
  'closed_at',
  'closed_at_local',
  'people',
] as const satisfies (keyof ExportRow)[];
