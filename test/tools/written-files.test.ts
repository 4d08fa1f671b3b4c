import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Counter, Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wholeNumber } from '../../src/base/variable.ts';
import { metricTable } from '../../tools/metric-docs.ts';
import { envExample, variableTable } from '../../tools/variable-docs.ts';
import { staleFiles, writeFiles, writtenFiles } from '../../tools/written-files.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gavel-written-'));
  for (const { file } of writtenFiles) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), readFileSync(join(checkout, file)));
  }
});
afterEach(() => rmSync(root, { recursive: true }));

test('README, .env.example, the page of the metrics and the guards say what the code says', () => {
  expect(staleFiles(checkout)).toEqual([]);
});

test.for([
  ['README.md', 'src/base/variables.ts', '| `DATA_DIR` | `./data` |', '| `DATA_DIR` | `./elsewhere` |'],
  ['README.md', 'src/base/variables.ts', /^\| `SHARD_IDS` .*\n/m, ''],
  ['.env.example', 'src/base/variables.ts', 'BULK_MAX_POLLS=1000', 'BULK_MAX_POLLS=500'],
  ['.env.example', 'src/base/variables.ts', 'LOG_LEVEL', 'LOGLEVEL'],
  ['docs/operations.md', 'src/metrics/metrics.ts', '{kind,outcome}` | counter', '{kind}` | counter'],
  [
    'docs/operations.md',
    'src/metrics/metrics.ts',
    'gavel_polls_behind` | gauge',
    'gavel_polls_behind` | counter',
  ],
  ['tools/room-guards.jsonc', 'tools/rooms.ts', '../db/**', '../db/*'],
] as const)('%s is found to differ from %s, and is written anew', ([file, from, before, after]) => {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(before, after));
  expect(staleFiles(root)).toEqual([`${file} does not follow from ${from}: run npm run format.`]);
  writeFiles(root);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('a variable says what it means, what is expected and what holds without it', () => {
  const variables = {
    NEEDED: { schema: wholeNumber(1, 5), means: 'the `first`' },
    GIVEN: { schema: wholeNumber(1, 5).default(3), means: 'the second' },
    FREE: { schema: wholeNumber(1, 5).optional(), means: 'as in [the third](docs/three.md)', unset: 'off' },
  };
  expect(envExample(variables).split('\n\n').slice(1)).toEqual([
    '# The first.\n# Expected: a whole number from 1 to 5.\n# Required.\nNEEDED=',
    '# The second.\n# Expected: a whole number from 1 to 5.\nGIVEN=3',
    '# As in docs/three.md.\n# Expected: a whole number from 1 to 5.\n# If not set: off.\nFREE=\n',
  ]);
  expect(variableTable(variables).split('\n').slice(2)).toEqual([
    '| `NEEDED` | required | the `first` |',
    '| `GIVEN` | `3` | the second |',
    '| `FREE` | off | as in [the third](docs/three.md) |',
  ]);
});

test('a metric says its type, labels and meaning', () => {
  const registry = new Registry();
  new Counter({ name: 'gavel_a_total', help: 'Ends', labelNames: ['kind', 'way'], registers: [registry] });
  new Counter({ name: 'nodejs_b', help: 'Not ours', registers: [registry] });
  expect(metricTable(registry).split('\n').slice(2)).toEqual([
    '| `gavel_a_total{kind,way}` | counter | Ends |',
  ]);
});
