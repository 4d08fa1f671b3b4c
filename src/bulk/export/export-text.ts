import { stringify } from 'csv-stringify/sync';
import type { ExportWish } from '../kinds/operation-kind.ts';
import { columnKeys, type ExportRow, optionColumnsOf } from './export-row.ts';

/** How rows become a file: `head`, then each row's text with `between` between them, then `tail`. */
export interface ExportText {
  readonly extension: string;
  readonly head: string;
  readonly between: string;
  readonly tail: string;
  text(row: ExportRow): string;
}

/** `options`: how many options the longest poll has. A CSV has columns for so many. */
export function exportText(wish: ExportWish, options: number): ExportText {
  return wish.format === 'json' ? jsonText : csvText(wish, options);
}

/** An array of objects, one on each line. Texts are verbatim. */
const jsonText: ExportText = {
  extension: 'json',
  head: '[\n',
  between: ',\n',
  tail: '\n]\n',
  text: (row) => JSON.stringify(row),
};

/**
 * A header row, and one row for each poll: its columns, then those of its first option (`option_1`, `votes_1` …), of
 * its second, and so on. Lists have spaces between. A text that a spreadsheet would take for a formula gets a `'` in
 * front (https://owasp.org/www-community/attacks/CSV_Injection).
 */
function csvText(wish: ExportWish, options: number): ExportText {
  const perOption = optionColumnsOf(wish);
  const columns = [
    ...columnKeys.map((key) => ({ key, header: key })),
    ...Array.from({ length: options }, (_, index) =>
      perOption.map(({ key, header }) => ({
        key: `options[${index}].${key}`,
        header: `${header}_${index + 1}`,
      })),
    ).flat(),
  ];
  return {
    extension: 'csv',
    head: stringify([columns.map(({ header }) => header)]),
    between: '',
    tail: '',
    text: (row) =>
      stringify([row], {
        columns,
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
