import type { Loop } from './base/loop.ts';
import type { Service } from './base/service.ts';
import { RightsWatch } from './bot/rights/rights-watch.ts';
import { createAuditWatch } from './bulk/audit/audit-watch.ts';
import { PreviewClock } from './bulk/preview/preview-clock.ts';
import { Runner } from './bulk/run/runner.ts';
import { createHousekeeping } from './db/upkeep/housekeeping.ts';
import type { Deliverer } from './delivery/delivery-batch.ts';
import { Delivery } from './delivery/sending/delivery.ts';
import { Healing } from './delivery/sending/healing.ts';
import { noticing } from './delivery/sending/noticing.ts';
import type { CoreParts, DiscordParts } from './discord-parts.ts';
import { createScheduler } from './polls/scheduler.ts';

/** What acts by itself, without being asked. */
export interface WorkParts {
  readonly delivery: Delivery;
  /** As `delivery`; and the scheduler learns that a poll has changed. */
  readonly deliverer: Deliverer;
  readonly scheduler: Loop;
  readonly runner: Runner;
  readonly previews: PreviewClock;
  readonly housekeeping: Service;
  readonly auditWatch: Service;
  readonly healing: Healing;
  readonly rights: RightsWatch;
}

export function workParts(core: CoreParts, discord: DiscordParts): WorkParts {
  const { config, log, database, clock, processId, lost } = core;
  const { workDb: db, longDb } = database;
  const { client, rateLimits, servers, messages, names, botId } = discord;
  const { timeoutMs } = config.bulk;
  const delivery = new Delivery({
    db,
    rest: client.rest,
    rateLimits,
    clock,
    log,
    processId,
    botId,
    obstacle: servers.obstacle,
    random: Math.random,
    bulkDeletes: servers.bulkDeleteServer,
    tokenRefused: lost,
  });
  const scheduler = createScheduler({ db, clock, log, refresh: (poll) => delivery.refresh(poll) });
  const deliverer = noticing(delivery, () => scheduler.wake());
  const healing = new Healing({ db, clock, log });
  return {
    delivery,
    deliverer,
    scheduler,
    runner: new Runner({
      db,
      deliverer,
      messages,
      names,
      clock,
      log,
      processId,
      timeoutMs,
      admissionLimits: config.bulk,
      onAbort: lost,
    }),
    previews: new PreviewClock({
      db,
      messages,
      clock,
      log,
      names,
      access: servers.channelAccess,
      timeoutMs,
      deletedRetentionDays: config.deletedRetentionDays,
    }),
    housekeeping: createHousekeeping({
      db: longDb,
      retention: config,
      clock,
      log,
      embedded: database.kind === 'pglite',
    }),
    auditWatch: createAuditWatch({ db: longDb, clock, log }),
    healing,
    rights: new RightsWatch(client, clock, (serverId, regained) => healing.regained(serverId, regained)),
  };
}
