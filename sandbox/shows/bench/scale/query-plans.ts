import { CompiledQuery } from 'kysely';
import type { Db } from '../../../../src/db/schema.ts';
import { type PlannedQuery, plannedQueries } from './planned-queries.ts';

export interface QueryPlan extends PlannedQuery {
  readonly statements: readonly { readonly sql: string; readonly plan: string; readonly ms: number }[];
}

/** Runs each query as the program sends it, then asks the database how it carried it out. */
export async function queryPlans(db: Db): Promise<QueryPlan[]> {
  const plans: QueryPlan[] = [];
  for (const query of plannedQueries) {
    const statements = [];
    for (const statement of await statementsOf(db, query)) {
      statements.push({ sql: oneLine(statement.sql), ...(await explain(db, statement)) });
    }
    plans.push({ ...query, statements });
  }
  return plans;
}

/** What a page of plans says, in Markdown. */
export function plansPage(plans: readonly QueryPlan[], server: string): string {
  const section = ({ name, why, statements }: QueryPlan) => [
    `### ${name}`,
    '',
    ...wrapped(why, 125),
    ...statements.flatMap(({ sql, plan, ms }) => [
      '',
      '```text',
      ...wrapped(sql, 110, '  '),
      '',
      plan,
      `${ms.toFixed(1)} ms`,
      '```',
    ]),
    '',
  ];
  const [fast, slow] = [plans.filter(({ indexed }) => indexed), plans.filter(({ indexed }) => !indexed)];
  return [
    '# Query plans of a million polls',
    '',
    'How the queries of the picker, of select-all and of autocomplete are carried out where there are 1,000,000 polls on 301',
    `servers, 200,000 of them on the admin's own. Made on ${server} by`,
    '`npm run bench -- scale --postgres --plans docs/query-plans.md`; the polls are the same in every run. The indexes are in',
    '`migrations/0004-selection-and-search.ts`. What this takes beside 10,000 polls stands in',
    '[measured.md](measured.md#a-million-polls).',
    '',
    '## What stays fast',
    '',
    ...fast.flatMap(section),
    '## What no index answers, and what that costs',
    '',
    ...slow.flatMap(section),
  ].join('\n');
}

async function statementsOf(db: Db, query: PlannedQuery): Promise<CompiledQuery[]> {
  const seen: CompiledQuery[] = [];
  const watched = db.withPlugin({
    transformQuery: ({ node, queryId }) => {
      seen.push(db.getExecutor().compileQuery(node, queryId));
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  await query.run(watched, db);
  // What was found is then read by its numbers, which needs no explanation.
  return seen.filter(({ sql }) => !/poll_options|"question"/.test(sql));
}

async function explain(db: Db, { sql, parameters }: CompiledQuery): Promise<{ plan: string; ms: number }> {
  const asked = CompiledQuery.raw(`explain (analyze, buffers, costs off, timing off) ${sql}`, [
    ...parameters,
  ]);
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': string }>(asked);
  const lines = rows.map((row) => row['QUERY PLAN']);
  const end = lines.findIndex((line) => line.startsWith('Planning'));
  return {
    plan: lines
      .slice(0, end)
      .filter((line) => !/Index Searches|Storage:/.test(line))
      .join('\n'),
    ms: Number(/[\d.]+/.exec(lines.find((line) => line.startsWith('Execution Time'))!)![0]),
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function wrapped(text: string, width: number, indent = ''): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + word.length >= width) lines.push(`${indent}${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
