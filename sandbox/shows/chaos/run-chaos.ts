import { createDatabase } from '../../machine/create-database.ts';
import { DatabaseProxy } from '../../machine/database-faults/database-proxy.ts';
import { startPostgresServer } from '../../machine/postgres-server.ts';
import { withClient } from '../../machine/with-client.ts';
import { playRound } from './round.ts';
import { startStand } from './stand.ts';
import type { DatabaseTrouble } from './trouble.ts';

export interface ChaosOptions {
  readonly database: 'embedded' | 'postgres';
  /** The URL of a running server, as superuser. Default: a server of its own. */
  readonly serverUrl?: string;
  readonly processes: number;
  /** The run ends with the round in which so many kills are reached. */
  readonly kills: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface ChaosResult {
  readonly rounds: number;
  readonly kills: number;
  readonly operations: number;
  readonly findings: readonly string[];
}

/** Rounds on one stand before a new one is made, so that what people and databases gather does not slow them down. */
const roundsAStand = 10;

/** Plays rounds until so many processes were killed, or something was found. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const wanted = options.database === 'postgres' && options.serverUrl === undefined;
  const server = wanted ? await startPostgresServer() : null;
  const serverUrl = options.serverUrl ?? server?.url ?? null;
  let [rounds, kills, operations] = [0, 0, 0];
  const findings: string[] = [];
  try {
    for (let nth = 0; kills < options.kills && findings.length === 0; nth += 1) {
      const seed = options.seed + nth;
      const database = serverUrl === null ? null : await failingDatabase(serverUrl);
      const databaseUrl = database?.proxy.url ?? null;
      const stand = await startStand({ databaseUrl, processes: options.processes, seed });
      const done = new Set<number>();
      try {
        for (let round = 1; round <= roundsAStand && kills + stand.keeper.kills < options.kills; round += 1) {
          const found = await playRound(stand, database, done);
          rounds += 1;
          options.say(
            `seed ${seed} round ${round}: ${done.size} operations, ${stand.keeper.kills} kills, ${found.length} findings`,
          );
          findings.push(...found.map((one) => `seed ${seed} round ${round}: ${one}`));
          if (found.length > 0) break;
        }
      } finally {
        kills += stand.keeper.kills;
        operations += done.size;
        await stand.close();
        await database?.proxy.close();
      }
    }
  } finally {
    await server?.stop();
  }
  return { rounds, kills, operations, findings };
}

/** A new database, behind a network that can fail. */
async function failingDatabase(serverUrl: string): Promise<DatabaseTrouble> {
  const url = await createDatabase(serverUrl, 'chaos');
  const terminate = async () => {
    await withClient(url, (client) =>
      client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
      ),
    );
  };
  return { proxy: await DatabaseProxy.start(url), terminate };
}
