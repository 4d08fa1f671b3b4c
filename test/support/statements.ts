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

/** The same database, from which every statement throws `crash` once a second one has `text` in it. */
export function dyingAtTheSecond(db: Db, text: string, crash: Error): Db {
  const { db: recording, statements } = recorded(db);
  return recording.withPlugin({
    transformQuery: ({ node }) => {
      if (statements.filter((one) => one.includes(text)).length > 1) throw crash;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
}
