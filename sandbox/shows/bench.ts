import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { benchRows, markdownTable } from './bench/bench-table.ts';
import { embeddedDatabase, postgresDatabase } from './bench/measure/bench-database.ts';
import { type Part, parts, runBench } from './bench/run-bench.ts';
import { plansPage } from './bench/scale/query-plans.ts';
import { runStorm } from './bench/storm/run-storm.ts';
import { stormRows } from './bench/storm/storm-rows.ts';
import { runTakeover } from './bench/takeover/run-takeover.ts';
import { takeoverRows } from './bench/takeover/takeover-rows.ts';
import { runTogether } from './bench/together/run-together.ts';
import { togetherRows } from './bench/together/together-rows.ts';

const usage = `npm run bench [-- [--postgres] [--plans FILE] [part …]]
       npm run bench -- votes --storm
       npm run bench -- takeover [--kills N]
       npm run bench -- together [--postgres]

Measures the bot against a stand-in Discord with Discord's own limits and round trips of 80 to 120 ms, and prints a
Markdown table. What is compared is measured in the same run. Exits with 1 where something demanded does not hold.

  close        one operation over 1000 polls, beside the least time that Discord's limits allow
  votes        how fast votes are answered meanwhile, beside votes at rest
  one-by-one   the same with /poll close, extrapolated from one channel and from 30 channels
  footprint    memory and work of 1000 polls beside 100
  scale        the picker, filters, select-all and autocomplete among 1,000,000 polls, beside 10,000; without a stand-in.
               Medians, taken in turn from two databases. Demanded: at most twice the time, or 100 ms more

  --storm      with votes: 300 people press one poll within 5 s while an operation over 1000 polls runs, on the embedded
               database and on a server 0, 5 and 20 ms away; times are the median, 95 % and the longest. Then votes on 100
               polls, as many as the machine carries. Four minutes

  takeover     by itself: how soon an operation goes on after a kill -9 of its process, on PostgreSQL: of the only one, of one of
               two, and behind a pooler; 30 kills (a tenth of them behind the pooler). Six minutes

  together     by itself: 5 polls behind 60 in the same channel; with --postgres also three operations of 240 polls in two
               processes. Four minutes

Without a part: all of them, about fifteen minutes; scale alone about eight. --postgres: on a PostgreSQL server of its own
instead of the embedded database. --plans: scale also writes there how the database goes about its queries.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      postgres: { type: 'boolean' },
      plans: { type: 'string' },
      storm: { type: 'boolean' },
      kills: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
  });
  if (positionals.length === 1 && positionals[0] === 'takeover')
    return await takeover(Number(values.kills ?? 30));
  if (positionals.length === 1 && positionals[0] === 'together')
    return await together(values.postgres ?? false);
  const unknown = positionals.filter((name) => !parts.some((part) => part === name));
  if (values.help || unknown.length > 0) {
    console.error(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n\n${usage}` : usage);
    return unknown.length > 0 ? 1 : 0;
  }
  if (values.storm) return await storm();
  const chosen = new Set((positionals.length > 0 ? positionals : parts) as readonly Part[]);
  const database = values.postgres ? await postgresDatabase() : embeddedDatabase;
  try {
    const figures = await runBench(database, chosen, (text) => console.error(`… ${text}`));
    if (values.plans !== undefined && figures.scale) {
      await writeFile(values.plans, plansPage(figures.scale.plans, database.name));
    }
    const rows = benchRows(figures);
    console.log(`\nOn ${database.name}, with Node ${process.version}:\n\n${markdownTable(rows)}\n`);
    return rows.every(({ holds }) => holds !== false) ? 0 : 1;
  } finally {
    await database.stop();
  }
}

async function takeover(kills: number): Promise<number> {
  const server = await postgresDatabase();
  try {
    const rows = takeoverRows(await runTakeover(server, kills, (text) => console.error(`… ${text}`)));
    console.log(`\nWith Node ${process.version}:\n\n${markdownTable(rows)}\n`);
    return rows.every(({ holds }) => holds !== false) ? 0 : 1;
  } finally {
    await server.stop();
  }
}

async function together(onServer: boolean): Promise<number> {
  const database = onServer ? await postgresDatabase() : embeddedDatabase;
  try {
    const rows = togetherRows(await runTogether(database, (text) => console.error(`… ${text}`)));
    console.log(`\nOn ${database.name}, with Node ${process.version}:\n\n${markdownTable(rows)}\n`);
    return rows.every(({ holds }) => holds !== false) ? 0 : 1;
  } finally {
    await database.stop();
  }
}

/** On both databases, side by side. */
async function storm(): Promise<number> {
  const say = (text: string) => console.error(`… ${text}`);
  const server = await postgresDatabase();
  try {
    const figures = [await runStorm(embeddedDatabase, say), await runStorm(server, say)];
    const rows = stormRows(figures);
    console.log(`\nWith Node ${process.version}:\n\n${markdownTable(rows)}\n`);
    return rows.every(({ holds }) => holds !== false) ? 0 : 1;
  } finally {
    await server.stop();
  }
}
