import type { Client } from 'discord.js';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { Logger } from './base/log.ts';
import { createClient } from './bot/gateway/client.ts';
import { gatewayServers, type Servers } from './bot/rights/servers.ts';
import { SharedServers } from './bot/rights/shared-servers.ts';
import type { Names } from './bulk/words/naming.ts';
import type { Database } from './db/database.ts';
import { discordMessages } from './delivery/messages/discord-messages.ts';
import type { Messages } from './delivery/messages/messages.ts';
import { InvalidRequests } from './delivery/pace/invalid-requests.ts';
import { Pace } from './delivery/pace/pace.ts';
import { PaceShares } from './delivery/pace/pace-shares.ts';
import { RateLimits } from './delivery/pace/rate-limits.ts';
import { restOptions } from './delivery/pace/transport.ts';
import { Metrics } from './metrics/metrics.ts';

/** What all other parts are made from. */
export interface CoreParts {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly clock: Clock;
  /** Names this process in leases and the audit. */
  readonly processId: string;
  /** Called when nothing can go on, such as with a revoked token. */
  readonly lost: (reason: string) => void;
}

/** The way to Discord: the client, the limits that it keeps, and what is known of servers and channels. */
export interface DiscordParts {
  readonly client: Client;
  readonly metrics: Metrics;
  readonly rateLimits: RateLimits;
  readonly pace: Pace;
  /** Null if this process is the only one. */
  readonly shares: PaceShares | null;
  readonly servers: Servers;
  /** Null if this process has all shards. */
  readonly shared: SharedServers | null;
  readonly names: Names;
  readonly messages: Messages;
  readonly applicationId: () => string;
  readonly botId: () => string;
}

export function discordParts(core: CoreParts): DiscordParts {
  const { config, log, database, clock } = core;
  const rateLimits = new RateLimits();
  const metrics = new Metrics();
  const { pace, shares } = paceOf(core, rateLimits);
  const observe: Metrics['observe'] = (request) => metrics.observe(request);
  const rest = restOptions({ apiUrl: config.apiUrl, pace, rateLimits, clock, observe });
  const client = createClient({ rest, shards: config.shards, log });
  const applicationId = () => client.application?.id ?? '';
  const botId = () => client.user?.id ?? '';
  const servers = gatewayServers(client, clock);
  // There is something to share only if other processes have other shards.
  const shared =
    config.shards.ids === null ? null : new SharedServers({ db: database.db, client, clock, log });
  return {
    client,
    metrics,
    rateLimits,
    pace,
    shares,
    servers,
    shared,
    names: namesFrom(servers, shared),
    messages: discordMessages({
      rest: client.rest,
      rateLimits,
      clock,
      applicationId,
      botId,
      obstacle: servers.obstacle,
    }),
    applicationId,
    botId,
  };
}

function paceOf({ database, processId, clock, log }: CoreParts, rateLimits: RateLimits) {
  const invalid = new InvalidRequests((count) =>
    log.warn(
      { count },
      'Discord refuses so many requests that it may ban this address: background work slows down',
    ),
  );
  // The embedded database has one process, which needs to share nothing.
  const shares =
    database.kind === 'postgres'
      ? new PaceShares({
          db: database.probeDb,
          processId,
          clock,
          log,
          takeDemand: () => pace.takeDemand(),
          shareChanged: () => pace.shareChanged(),
          pause: (ms) => {
            pace.pause(ms);
            rateLimits.pauseAll(clock.monotonic(), ms);
          },
        })
      : null;
  const pace: Pace = new Pace({ clock, invalid, ...(shares && { share: shares }) });
  return { pace, shares };
}

function namesFrom(servers: Servers, shared: SharedServers | null): Names {
  return {
    server: (serverId) => (shared === null ? servers.serverName(serverId) : shared.name(serverId)),
    channel: (channelId) => {
      const name = servers.channelName(channelId);
      const serverId = servers.serverOf(channelId);
      return name === null || serverId === null ? null : { name, serverId };
    },
    bulkDeletes: servers.bulkDeleteServer,
  };
}
