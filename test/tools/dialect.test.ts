import { expect, test } from 'vitest';
import { lint } from './lint.ts';

test('a file may not import itself over others, by types either', () => {
  const found = lint({
    'src/polls/a.ts': "import type { B } from './b.ts';\nexport type A = B | null;\n",
    'src/polls/b.ts': "import type { C } from './c.ts';\nexport type B = C | null;\n",
    'src/polls/c.ts': "import type { A } from './a.ts';\nexport type C = A | null;\n",
    'src/polls/d.ts': "import type { A } from './a.ts';\nexport type D = A | null;\n",
  });
  expect(found.map(({ rule, file }) => [rule, file])).toEqual([
    ['lint/suspicious/noImportCycles', 'src/polls/a.ts'],
    ['lint/suspicious/noImportCycles', 'src/polls/b.ts'],
    ['lint/suspicious/noImportCycles', 'src/polls/c.ts'],
  ]);
});

test.for([
  ['a cast through unknown', 'export const one = Number(1 as unknown as string);', 'plugin'],
  ['the same in brackets', 'export const one = Number((1 as unknown) as string);', 'plugin'],
  ['a cast to unknown', 'export const one = Number(1 as unknown);', null],
  [
    'a member that is private by a word',
    'export class One {\n  private one = 1;\n  two = this.one;\n}',
    'plugin',
  ],
  ['a public member that says so', 'export class One {\n  public one = 1;\n}', 'plugin'],
  [
    'a private constructor',
    'export class One {\n  private constructor() {\n    console.log(this);\n  }\n}',
    null,
  ],
  [
    'a promise that nobody awaits',
    'async function one() {}\nexport function two() {\n  one();\n}',
    'lint/nursery/noFloatingPromises',
  ],
  ['a shouted constant', 'export const MAX_POLLS = 1;', 'lint/style/useNamingConvention'],
  ['a constant', 'export const maxPolls = 1;', null],
  [
    'a shouted variable',
    'export function one() {\n  const ONE = 1;\n  return ONE;\n}',
    'lint/style/useNamingConvention',
  ],
  [
    'a variable named as Discord names it',
    'export const one = ({ custom_id }: { custom_id: string }) => custom_id;',
    null,
  ],
] as const)('in src it is decided whether there may be %s', ([, text, rule]) => {
  expect(lint({ 'src/polls/one.ts': `${text}\n` }).map((finding) => finding.rule)).toEqual(
    rule === null ? [] : [rule],
  );
});
