import { parseArgs } from 'node:util';
import { runChaos } from './chaos/run-chaos.ts';

const usage = `npm run chaos [-- [--database embedded|postgres] [--processes 1|2] [--kills N] [--seed N]]

Runs random operations over random polls against a stand-in Discord while processes are killed at every boundary at which
they meet the world, replies get lost, Discord and the database go away, the gateway drops, people cancel, pause and
vote. After each round rows, messages, votes, pings, notices, counts and audit are compared with each other and with
what people did and saw. Prints the seed and what was found; exits with 1 where something was.

Default: 250 kills each on the embedded database, on PostgreSQL, and on PostgreSQL with two processes.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      database: { type: 'string' },
      processes: { type: 'string' },
      kills: { type: 'string', default: '250' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help || !['embedded', 'postgres', undefined].includes(values.database)) {
    console.error(usage);
    return values.help ? 0 : 1;
  }
  const all = [
    { database: 'embedded', processes: 1 },
    { database: 'postgres', processes: 1 },
    { database: 'postgres', processes: 2 },
  ] as const;
  const chosen = all.filter(
    ({ database, processes }) =>
      (values.database ?? database) === database && Number(values.processes ?? processes) === processes,
  );
  let findings = 0;
  for (const parts of chosen) {
    const name = `${parts.database}, ${parts.processes} ${parts.processes === 1 ? 'process' : 'processes'}`;
    console.log(`\n${name}: from seed ${values.seed}`);
    const result = await runChaos({
      ...parts,
      kills: Number(values.kills),
      seed: Number(values.seed),
      say: (line) => console.log(`  ${line}`),
    });
    for (const finding of result.findings) console.log(`FOUND ${finding}`);
    const { rounds, operations, kills } = result;
    console.log(
      `${name}: ${rounds} rounds, ${operations} operations, ${kills} kills, ${result.findings.length} findings`,
    );
    findings += result.findings.length;
  }
  return findings > 0 ? 1 : 0;
}
