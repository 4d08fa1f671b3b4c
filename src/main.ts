import { LoginRefused } from './bot/client.ts';
import { ConfigError, loadConfig, readEnvironment } from './config.ts';
import { DatabaseUnavailable } from './db/database.ts';
import { DatabaseTooNew } from './db/migrate.ts';
import { DirectoryInUse } from './db/owner-lock.ts';
import { startGavel } from './gavel.ts';
import { createLogger } from './log.ts';
import { MetricsUnavailable } from './metrics/metrics-server.ts';

/** A supervisor gives a process about ten seconds after SIGTERM. What is not finished by then is in the database. */
const stopWithinMs = 8000;

await main();

async function main(): Promise<void> {
  const config = configuration();
  const log = createLogger(config.logLevel);
  let exiting = false;

  const exit = async (code: number, stop: () => Promise<void>): Promise<void> => {
    if (exiting) return;
    exiting = true;
    const deadline = setTimeout(() => {
      log.warn('stopping took too long; the next start goes on where the database stands');
      process.exit(code);
    }, stopWithinMs);
    try {
      await stop();
    } catch (error) {
      log.error({ err: error }, 'stopping did not go cleanly');
    }
    clearTimeout(deadline);
    process.exit(code);
  };

  // A signal during the start waits for it: half a start cannot be stopped cleanly.
  let stop: () => Promise<void> = async () => {};
  const starting = startGavel(config, log, (reason) => {
    log.fatal({ reason }, 'Gavel cannot go on and exits; running operations are kept');
    void exit(1, () => stop());
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      void exit(0, async () => (await starting).stop());
    });
  }
  try {
    const gavel = await starting;
    stop = () => gavel.stop();
  } catch (error) {
    if (exiting) return;
    refuse(error);
  }
}

function configuration() {
  try {
    return loadConfig(readEnvironment());
  } catch (error) {
    return refuse(error);
  }
}

/** What the operator can mend is said in a sentence; everything else is a bug and keeps its stack. */
function refuse(error: unknown): never {
  const expected = [
    ConfigError,
    DatabaseUnavailable,
    DatabaseTooNew,
    DirectoryInUse,
    LoginRefused,
    MetricsUnavailable,
  ];
  const known = error instanceof Error && expected.some((kind) => error instanceof kind);
  console.error(known ? error.message : error);
  process.exit(1);
}
