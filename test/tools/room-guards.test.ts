import { relative } from 'node:path';
import { expect, test } from 'vitest';
import { packageRules, rooms } from '../../tools/rooms.ts';
import { lint } from './lint.ts';

const folders = rooms.map(({ folder }) => folder);
const packages = packageRules.flatMap(({ names }) => names.map((name) => name.replace('*', 'any')));

test('an import is refused if it leads to a room further up, or to one that must stay unknown', () => {
  const refused = refusals((folder) =>
    folders.map((other) => `${relative(folder, other)}/planted.ts`.replace(/^(?=\w)/, './')),
  );
  for (const [at, { folder, never = [] }] of rooms.entries()) {
    const unknown = folders.filter(
      (other, index) =>
        index > at || (index < at && never.some((name) => `${other}/`.startsWith(`${name}/`))),
    );
    const found = refused.filter(({ file }) => file === `${folder}/planted.ts`);
    expect(new Set(found.map(({ line }) => folders[line]))).toEqual(new Set(unknown));
  }
  expect(refused.find(({ file }) => file === 'src/base/planted.ts')?.message).toBe(
    'No import for src/base. It lies below every room and needs none. tools/rooms.ts has the order of the rooms.',
  );
});

test('each package is refused outside the rooms that it belongs to', () => {
  const refused = refusals(() => packages);
  const of = (folder: string) =>
    refused.filter(({ file }) => file === `${folder}/planted.ts`).map(({ line }) => packages[line]);
  expect(of('src/base')).not.toContain('pino');
  expect(of('src/db/server')).not.toContain('pg');
  for (const name of ['pg', '@electric-sql/any', 'discord.js']) expect(of('src/bulk/run')).toContain(name);
  for (const name of ['pg', 'kysely', '@discordjs/any']) expect(of('commands/bulk/plan')).toContain(name);
  expect(of('src/bot/answer')).toContain('kysely');
  expect(of('src')).toEqual([]);
  expect(of('sandbox/wire')).toEqual([]);
});

/** What is refused where each room has one file with these imports, one a line. Lines are counted from 0. */
function refusals(importsOf: (folder: string) => string[]) {
  const planted = folders.map((folder) => {
    const lines = importsOf(folder).map((specifier) => `import '${specifier}';`);
    return [`${folder}/planted.ts`, lines.join('\n')] as const;
  });
  return lint(Object.fromEntries(planted)).filter(({ rule }) => rule === 'lint/style/noRestrictedImports');
}
