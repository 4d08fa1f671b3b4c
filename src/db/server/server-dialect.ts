import { type Dialect, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { ServerDriver, type Timing } from './server-driver.ts';
import type { ServerPool } from './server-pool.ts';

/** Kysely over a pool, with these deadlines. Destroying the Kysely calls `destroy`. */
export function serverDialect(pool: ServerPool, timing: Timing, destroy: () => Promise<void>): Dialect {
  return {
    createDriver: () => new ServerDriver(pool, timing, destroy),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  };
}
