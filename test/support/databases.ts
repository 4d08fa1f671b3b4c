import { afterAll, describe } from 'vitest';
import type { Db } from '../../src/db/schema.ts';
import { freshPglite } from './pglite-databases.ts';
import { connectPostgres, emptiedPostgresUrl } from './postgres-databases.ts';

export { freshPostgresUrl } from './postgres-databases.ts';

/**
 * A migrated, empty database. It ends the one that the call before gave: one at a time. A test that changes the tables
 * themselves puts them back, or uses `freshPostgresUrl`.
 */
export type Fresh = () => Promise<Db>;

/**
 * Declares the same tests twice: on the embedded database and on a PostgreSQL server.
 *
 *     describeEachDatabase('votes', (fresh) => {
 *       test('count once', async () => {
 *         const db = await fresh();
 */
export function describeEachDatabase(
  name: string,
  declare: (fresh: Fresh, kind: 'pglite' | 'postgres') => void,
): void {
  describe(`${name} (embedded)`, () => {
    let retire: (() => void) | undefined;
    afterAll(() => retire?.());
    declare(async () => {
      retire?.();
      const next = await freshPglite();
      retire = next.retire;
      return next.db;
    }, 'pglite');
  });

  describe(`${name} (PostgreSQL)`, () => {
    let current: Db | undefined;
    afterAll(() => current?.destroy());
    declare(async () => {
      await current?.destroy();
      current = connectPostgres(await emptiedPostgresUrl());
      return current;
    }, 'postgres');
  });
}
