import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { bulkCommand } from '../commands/bulk/bulk.ts';
import { bulkPresses } from '../commands/bulk/bulk-presses.ts';
import type { BulkServices } from '../commands/bulk/request/bulk-services.ts';
import { pollCommand } from '../commands/poll/poll.ts';
import { pollPresses } from '../commands/poll/poll-presses.ts';
import { selectPollCommand } from '../commands/select-poll.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import type { StartSteps } from './base/start-steps.ts';
import { Dispatcher } from './bot/answer/dispatch.ts';
import { connect, createClient, disconnect, onLost } from './bot/gateway/client.ts';
import { gatewayState, shardStates } from './bot/gateway/gateway-state.ts';
import { registerCommands } from './bot/gateway/register-commands.ts';
import { RightsWatch } from './bot/rights/rights-watch.ts';
import { gatewayServers, type Servers } from './bot/rights/servers.ts';
import { SharedServers } from './bot/rights/shared-servers.ts';
import { learnThreads } from './bot/rights/sleeping-threads.ts';
import { Turns } from './bot/turns.ts';
import { createAuditWatch } from './bulk/audit/audit-watch.ts';
import { PreviewClock } from './bulk/preview/preview-clock.ts';
import { Runner } from './bulk/run/runner.ts';
import type { Names } from './bulk/words/naming.ts';
import { ProcessLock } from './db/process-lock.ts';
import { createHousekeeping } from './db/upkeep/housekeeping.ts';
import { discordMessages } from './delivery/messages/discord-messages.ts';
import { InvalidRequests } from './delivery/pace/invalid-requests.ts';
import { Limits } from './delivery/pace/limits.ts';
import { Pace } from './delivery/pace/pace.ts';
import { PaceShares } from './delivery/pace/pace-shares.ts';
import { restOptions } from './delivery/pace/transport.ts';
import { Delivery } from './delivery/sending/delivery.ts';
import { Healing } from './delivery/sending/healing.ts';
import { noticing } from './delivery/sending/noticing.ts';
import { Metrics } from './metrics/metrics.ts';
import { serveMetrics } from './metrics/metrics-endpoint.ts';
import { createScheduler } from './polls/scheduler.ts';
import { readyLine } from './ready-line.ts';
import { startDatabase } from './start-database.ts';

export interface Gavel {
  /** Stops taking interactions, lets what is in flight finish, and leaves the rest to the next start. */
  stop(): Promise<void>;
}

/** How long a stop waits for interactions under way, in milliseconds. */
const drainMs = 3000;

export interface StartParts {
  readonly steps: StartSteps;
  /** Ends the start, wherever it is. */
  readonly stopping: AbortSignal;
  /** Called when nothing can go on, such as with a token that was revoked. */
  readonly lost: (reason: string) => void;
  /** Default: the database's. */
  readonly clock?: Clock;
}

/**
 * Puts the parts together and starts them: database, Discord client, then everything that acts by itself. What has been started is
 * undone in reverse, where the start fails and when the bot stops. Throws what `StartSteps` does.
 */
export async function startGavel(config: Config, log: Logger, parts: StartParts): Promise<Gavel> {
  await using started = new AsyncDisposableStack();
  const { steps, stopping, lost } = parts;
  const { database, clock } = await startDatabase(config, log, parts, started);
  const { db, workDb, longDb, probeDb } = database;
  const patience = { clock, log, stopping };
  const process = `${hostname()}/${globalThis.process.pid}/${randomBytes(4).toString('hex')}`;
  const limits = new Limits();
  const invalid = new InvalidRequests((count) =>
    log.warn(
      { count },
      'Discord refuses so many requests that it may ban this address: bulk work slows down',
    ),
  );
  // The embedded database has one process, which needs to share nothing.
  const shares =
    database.kind === 'postgres'
      ? new PaceShares({
          db: database.probeDb,
          process,
          clock,
          log,
          takeDemand: () => pace.takeDemand(),
          shareChanged: () => pace.shareChanged(),
          pause: (ms) => {
            pace.pause(ms);
            limits.pauseAll(clock.monotonic(), ms);
          },
        })
      : null;
  const pace: Pace = new Pace({ clock, invalid, ...(shares && { share: shares }) });
  const metrics = new Metrics();
  const client = createClient({
    rest: restOptions({
      apiUrl: config.apiUrl,
      pace,
      limits,
      clock,
      observe: (request) => metrics.observe(request),
    }),
    shards: config.shards,
    log,
  });
  const { rest } = client;
  const applicationId = () => client.application?.id ?? '';
  const botId = () => client.user?.id ?? '';
  const servers = gatewayServers(client, clock);
  // Only where other processes have other shards is there anything to share.
  const shared = config.shards.ids === null ? null : new SharedServers({ db, client, clock, log });
  const guildName = (guildId: string) => (shared ?? { name: servers.guildName }).name(guildId);
  const names = namesFrom(servers, guildName);
  const messages = discordMessages({ rest, limits, clock, applicationId, botId, obstacle: servers.obstacle });
  const delivery = new Delivery({
    db: workDb,
    rest,
    limits,
    clock,
    log,
    process,
    botId,
    obstacle: servers.obstacle,
    random: Math.random,
    bulkDeletes: servers.bulkDeleteServer,
    tokenRefused: lost,
  });
  const scheduler = createScheduler({ db: workDb, clock, log, touch: (poll) => delivery.touch(poll) });
  const deliverer = noticing(delivery, () => scheduler.wake());
  const housekeeping = createHousekeeping({
    db: longDb,
    retention: config,
    clock,
    log,
    embedded: database.kind === 'pglite',
  });
  const auditWatch = createAuditWatch({ db: longDb, clock, log });
  const { timeoutMs } = config.bulk;
  const runner = new Runner({
    db: workDb,
    deliverer,
    messages,
    names,
    clock,
    log,
    process,
    timeoutMs,
    limits: config.bulk,
    onAbort: lost,
  });
  const previews = new PreviewClock({
    db: workDb,
    messages,
    clock,
    log,
    names,
    access: servers.channelAccess,
    timeoutMs,
    deletedRetentionDays: config.deletedRetentionDays,
  });
  const bulk: BulkServices = {
    db,
    clock,
    log,
    process,
    names,
    access: servers.channelAccess,
    timeoutMs,
    deletedRetentionDays: config.deletedRetentionDays,
    limits: { ...config.bulk, ...config.shares, bulkDeletes: servers.bulkDeleteServer },
    turns: new Turns({
      perPerson: config.shares.requestsPerPerson,
      perServer: config.shares.requestsPerServer,
      waitingPerPerson: 50,
    }),
    runner,
    previews,
    serverChoices: async (scope, text) => await (shared ?? servers).search(scope, text),
    learnThreads: (jobs) => learnThreads(client, servers, jobs, clock),
    knowsServer: (guildId) => guildName(guildId) !== null,
  };
  const { pollsPerServer } = config.shares;
  const polls = { db, deliverer, servers, clock, pollsPerServer };
  const commands = [pollCommand(polls), bulkCommand(bulk)];
  const contextCommands = [selectPollCommand(bulk)];
  const dispatcher = new Dispatcher({
    rest,
    messages,
    clock,
    log,
    applicationId,
    superAdminIds: config.superAdminIds,
    commands,
    contextCommands,
    presses: [...pollPresses(polls), ...bulkPresses(bulk)],
  });

  const healing = new Healing({ db: workDb, clock, log });
  const rights = new RightsWatch(client, clock, (guildId, regained) => healing.regained(guildId, regained));
  await rights.start();
  started.defer(async () => {
    await rights.stop();
    await healing.stop();
  });
  const sources = {
    db: workDb,
    probeDb,
    log,
    process,
    shards: () => shardStates(client),
    gateway: () => gatewayState(client),
    waiting: () => delivery.waiting,
    paceWaiting: () => pace.waiting,
    invalidRequests: () => pace.invalidRequests,
  };
  const endpoint = await steps.run(
    { does: null, cannot: 'Cannot serve metrics', next: 'Look at METRICS_HOST and METRICS_PORT.' },
    () => serveMetrics(config.metrics, metrics, sources, clock),
  );
  started.defer(() => endpoint?.stop());
  await shares?.start();
  started.defer(() => shares?.stop());
  await steps.run(
    {
      does: null,
      cannot: 'Cannot look for other processes',
      next: 'With LOG_LEVEL=debug the log says more.',
    },
    async () => {
      if (config.databaseUrl !== null) {
        const lock = new ProcessLock({ databaseUrl: config.databaseUrl, db: workDb, process, clock, log });
        started.defer(() => lock.stop());
        await lock.start();
      }
      await runner.lookAround();
    },
  );
  dispatcher.start(client);
  started.defer(() => disconnect(client));
  await steps.run(
    {
      does: 'connecting to Discord',
      cannot: 'Cannot connect to Discord',
      next: 'Check the network and DISCORD_API_URL.',
    },
    () => connect(client, config.token, patience),
  );
  onLost(client, lost);
  await steps.run(
    {
      does: 'looking whether the commands are registered',
      cannot: 'Cannot register the commands',
      next: 'Look at the application in the Developer Portal.',
    },
    () =>
      registerCommands(
        rest,
        applicationId(),
        [...commands, ...contextCommands].map(({ definition }) => definition),
        patience,
      ),
  );
  await steps.run(
    {
      does: null,
      cannot: 'Cannot go on with what the last run left',
      next: 'With LOG_LEVEL=debug the log says more.',
    },
    async () => {
      await delivery.start();
      await healing.start();
      started.defer(() => delivery.stop());
      started.defer(async () => {
        await Promise.all([
          runner.stop(),
          scheduler.stop(),
          housekeeping.stop(),
          auditWatch.stop(),
          shared?.stop(),
          previews.stop(),
        ]);
      });
      runner.start();
      scheduler.start();
      housekeeping.start();
      auditWatch.start();
      shared?.start();
      previews.start();
    },
  );
  started.defer(() => dispatcher.stop(client, drainMs));
  log.info({ process, database: database.kind }, readyLine(client));
  const running = started.move();
  return { stop: () => running.disposeAsync() };
}

function namesFrom(servers: Servers, guild: Names['guild']): Names {
  return {
    guild,
    channel: (channelId) => {
      const name = servers.channelName(channelId);
      const guildId = servers.guildOf(channelId);
      return name === null || guildId === null ? null : { name, guildId };
    },
    bulkDeletes: servers.bulkDeleteServer,
  };
}
