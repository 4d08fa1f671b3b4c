import type { KyselyPlugin } from 'kysely';
import type { Db } from '../../src/db/schema.ts';

/** The same database, and the text of every statement asked of it, in order; `begin` and `commit` are not among them. */
export function recorded(db: Db): { readonly db: Db; readonly statements: readonly string[] } {
  const statements: string[] = [];
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      statements.push(db.getExecutor().compileQuery(node, queryId).sql);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return { db: db.withPlugin(plugin), statements };
}
