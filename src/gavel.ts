import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type AnswerParts, answerParts } from './answer-parts.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import { type Service, together } from './base/service.ts';
import { type ListedService, startServices } from './base/start-services.ts';
import { logHasMore, type StartSteps, type Step } from './base/start-steps.ts';
import { connect, disconnect, onLost } from './bot/gateway/client.ts';
import { gatewayState, shardStates } from './bot/gateway/gateway-state.ts';
import { registerCommands } from './bot/gateway/register-commands.ts';
import { ProcessLock } from './db/process-lock.ts';
import { type CoreParts, type DiscordParts, discordParts } from './discord-parts.ts';
import { createMetricsEndpoint } from './metrics/metrics-endpoint.ts';
import { readyLine } from './ready-line.ts';
import { startDatabase } from './start-database.ts';
import { type WorkParts, workParts } from './work-parts.ts';

export interface Gavel {
  /** Stops taking interactions, lets what is in flight finish, and leaves the rest to the next start. */
  stop(): Promise<void>;
}

export interface StartParts {
  readonly steps: StartSteps;
  /** Ends the start, wherever it is. */
  readonly stopping: AbortSignal;
  /** Called when nothing can go on, such as with a revoked token. */
  readonly lost: (reason: string) => void;
  /** Default: the database's. */
  readonly clock?: Clock;
}

interface Parts {
  readonly core: CoreParts;
  readonly discord: DiscordParts;
  readonly work: WorkParts;
  readonly answers: AnswerParts;
  readonly stopping: AbortSignal;
}

/**
 * Opens the database, puts the parts together and starts the services in order. They are stopped in reverse, if the
 * start fails and when the bot stops. Throws what `StartSteps` throws.
 */
export async function startGavel(config: Config, log: Logger, parts: StartParts): Promise<Gavel> {
  await using started = new AsyncDisposableStack();
  const { steps, stopping, lost } = parts;
  const { database, clock } = await startDatabase(config, log, parts, started);
  const processId = `${hostname()}/${globalThis.process.pid}/${randomBytes(4).toString('hex')}`;
  const core = { config, log, database, clock, processId, lost };
  const discord = discordParts(core);
  const work = workParts(core, discord);
  const answers = answerParts(core, discord, work);
  await startServices(servicesOf({ core, discord, work, answers, stopping }), steps, started);
  log.info({ process: processId, database: database.kind }, readyLine(discord.client));
  const running = started.move();
  return { stop: () => running.disposeAsync() };
}

/** In the order in which they start. */
function servicesOf(parts: Parts): ListedService[] {
  const { discord, work, answers } = parts;
  const { dispatcher } = answers;
  return [
    { service: work.healing },
    { service: work.rights },
    { service: metricsEndpoint(parts), step: servingMetrics },
    { service: discord.shares },
    { service: presence(parts), step: lookingAround },
    { service: { start: () => dispatcher.start(), stop: nothing } },
    { service: connection(parts), step: connecting },
    { service: registration(parts), step: registering },
    { service: work.delivery, step: goingOn },
    { service: workers(parts), step: goingOn },
    // Stopped first, so that no press meets a part that has stopped.
    { service: { start: nothing, stop: () => dispatcher.stop() } },
  ];
}

const nothing = async (): Promise<void> => {};

const servingMetrics: Step = {
  does: null,
  cannot: 'Cannot serve metrics',
  next: 'Look at METRICS_HOST and METRICS_PORT.',
};
const lookingAround: Step = { does: null, cannot: 'Cannot look for other processes', next: logHasMore };
const connecting: Step = {
  does: 'connecting to Discord',
  cannot: 'Cannot connect to Discord',
  next: 'Check the network and DISCORD_API_URL.',
};
const registering: Step = {
  does: 'looking whether the commands are registered',
  cannot: 'Cannot register the commands',
  next: 'Look at the application in the Developer Portal.',
};
const goingOn: Step = { does: null, cannot: 'Cannot go on with what the last run left', next: logHasMore };

function metricsEndpoint({ core, discord, work }: Parts): Service | null {
  const { config, database, log, processId, clock } = core;
  const { client, pace, metrics } = discord;
  if (config.metrics === null) return null;
  const sources = {
    db: database.workDb,
    probeDb: database.probeDb,
    log,
    processId,
    shards: () => shardStates(client),
    gateway: () => gatewayState(client),
    waiting: () => work.delivery.waiting,
    operations: () => work.runner.load,
    paceWaiting: () => pace.waiting,
    invalidRequests: () => pace.invalidRequests,
  };
  return createMetricsEndpoint({ at: config.metrics, metrics, sources, clock });
}

/** Shows other processes that this one lives, and finds out which of them live. */
function presence({ core, work }: Parts): Service {
  const { config, database, processId, clock, log } = core;
  const { databaseUrl } = config;
  const lock =
    databaseUrl === null
      ? null
      : new ProcessLock({ databaseUrl, db: database.workDb, processId, clock, log });
  return {
    start: async () => {
      await lock?.start();
      await work.runner.lookAround();
    },
    stop: async () => {
      await lock?.stop();
    },
  };
}

function connection({ core, discord, stopping }: Parts): Service {
  const { config, clock, log, lost } = core;
  return {
    start: async () => {
      await connect(discord.client, config.token, { clock, log, stopping });
      onLost(discord.client, lost);
    },
    stop: () => disconnect(discord.client),
  };
}

/** The commands stay registered when the bot stops. */
function registration({ core, discord, answers, stopping }: Parts): Service {
  const { clock, log } = core;
  const { client, applicationId } = discord;
  return {
    start: async () => {
      await registerCommands(client.rest, applicationId(), answers.definitions, { clock, log, stopping });
    },
    stop: nothing,
  };
}

function workers({ discord, work }: Parts): Service {
  const { runner, scheduler, housekeeping, auditWatch, previews } = work;
  const shared = discord.shared === null ? [] : [discord.shared];
  return together([runner, scheduler, housekeeping, auditWatch, ...shared, previews]);
}
