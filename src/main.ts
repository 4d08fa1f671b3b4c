import { type Config, loadConfig } from './base/config.ts';
import { takeEnvironment } from './base/environment.ts';
import { CannotStart, inShort } from './base/errors.ts';
import { createLogger, type Logger, withoutSecrets } from './base/log.ts';
import { StartSteps } from './base/start-steps.ts';
import { version } from './base/version.ts';
import { openingDatabase } from './db/embedded/database-place.ts';
import type { Gavel } from './gavel.ts';

/** A supervisor gives a process about ten seconds after SIGTERM. What is not finished by then is in the database. */
const stopWithinMs = 8000;

await main();

async function main(): Promise<void> {
  const config = configuration();
  const log = createLogger(config.logLevel, process.stdout, [config.token]);
  const stopping = new AbortController();
  let exiting = false;

  const exit = async (code: number, stop: () => Promise<void>): Promise<void> => {
    if (exiting) return;
    exiting = true;
    stopping.abort();
    const deadline = setTimeout(() => {
      log.warn('stopping took too long; the next start goes on where the database stands');
      process.exit(code);
    }, stopWithinMs);
    try {
      await stop();
      log.info('Gavel has stopped');
    } catch (error) {
      log.error({ err: error }, 'stopping did not go cleanly');
    }
    clearTimeout(deadline);
    process.exit(code);
  };

  log.info(`Gavel ${version()} starting; ${openingDatabase(config)}`);
  const starting = start(config, log, stopping.signal, (reason) => {
    log.fatal({ reason }, 'Gavel cannot go on and exits; running operations are kept');
    void exit(1, stop);
  });
  const stop = async () => {
    // A start that ends has undone itself. Why it ended is said below, unless it was told to.
    const gavel = await starting.catch(() => null);
    await gavel?.stop();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // npm passes on what the terminal has already sent, so the same signal comes twice.
    process.on(signal, () => {
      if (exiting) return;
      log.info({ signal }, 'stopping');
      void exit(0, stop);
    });
  }
  try {
    await starting;
  } catch (error) {
    if (exiting) return;
    log.debug({ err: error }, 'the start failed');
    refuse(error, [config.token]);
  }
}

/** Imports what reads the environment for itself once the environment is taken. */
async function start(
  config: Config,
  log: Logger,
  stopping: AbortSignal,
  lost: (reason: string) => void,
): Promise<Gavel> {
  const steps = new StartSteps(log, stopping);
  const broken = (error: unknown) => steps.broken(error) || refuse(error, [config.token]);
  process.on('uncaughtException', broken);
  process.on('unhandledRejection', broken);
  try {
    const { startGavel } = await import('./gavel.ts');
    return await startGavel(config, log, { steps, stopping, lost });
  } finally {
    process.off('uncaughtException', broken);
    process.off('unhandledRejection', broken);
  }
}

function configuration(): Config {
  try {
    return loadConfig(takeEnvironment());
  } catch (error) {
    return refuse(error);
  }
}

/** Says in a sentence why the start failed. The stack is in the log, for those who ask for it. */
function refuse(error: unknown, secrets: readonly string[] = []): never {
  const sentence = error instanceof CannotStart ? error.message : `Gavel cannot start: ${inShort(error)}.`;
  console.error(withoutSecrets(sentence, secrets));
  process.exit(1);
}
