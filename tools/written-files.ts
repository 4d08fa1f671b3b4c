import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { variables } from '../src/base/variables.ts';
import { Metrics } from '../src/metrics/metrics.ts';
import { metricTable } from './metric-docs.ts';
import { guardsFile, roomGuards } from './room-guards.ts';
import { envExample, variableTable } from './variable-docs.ts';

/** A file that follows from code, all of it or a table in it. */
export interface WrittenFile {
  readonly file: string;
  readonly from: string;
  /** Its text, given the text that it has. */
  readonly rewrite: (text: string) => string;
}

export const writtenFiles: readonly WrittenFile[] = [
  { file: guardsFile, from: 'tools/rooms.ts', rewrite: () => roomGuards() },
  { file: '.env.example', from: 'src/base/variables.ts', rewrite: () => envExample(variables) },
  {
    file: 'README.md',
    from: 'src/base/variables.ts',
    rewrite: (text) => withTable(text, variableTable(variables)),
  },
  {
    file: 'docs/operations.md',
    from: 'src/metrics/metrics.ts',
    rewrite: (text) => withTable(text, metricTable(new Metrics().registry)),
  },
];

export function writeFiles(root: string, files: readonly WrittenFile[] = writtenFiles): void {
  for (const { file, rewrite } of files) {
    const path = join(root, file);
    writeFileSync(path, rewrite(readFileSync(path, 'utf8')));
  }
}

/** A sentence for each file that is not what it is to be. */
export function staleFiles(root: string, files: readonly WrittenFile[] = writtenFiles): string[] {
  return files
    .filter(({ file, rewrite }) => {
      const text = readFileSync(join(root, file), 'utf8');
      return text !== rewrite(text);
    })
    .map(({ file, from }) => `${file} does not follow from ${from}: run npm run format.`);
}

/** Puts the table in the place of the one with the same first line. Throws if there is none. */
function withTable(text: string, table: string): string {
  const head = table.slice(0, table.indexOf('\n'));
  const from = text.indexOf(`\n${head}\n`) + 1;
  if (from === 0) throw new Error(`There is no table that begins with ${head}`);
  return text.slice(0, from) + table + text.slice(text.indexOf('\n\n', from));
}
