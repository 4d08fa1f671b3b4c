import { systemClock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/base/log.ts';
import type { Db } from '../../src/db/schema.ts';
import { Limits } from '../../src/delivery/pace/limits.ts';
import { deliverOne } from '../../src/delivery/sending/deliver-one.ts';
import type { DeliverOptions } from '../../src/delivery/sending/sending.ts';
import { botId, FakeDiscord } from './fake-discord.ts';

const plain: DeliverOptions = { repost: false, respectHolds: false, respectParks: false, priority: 1 };

/** Processes on one database that send to the same stand-in Discord: each, by its name, shows one poll. */
export function severalProcesses(db: Db) {
  const discord = new FakeDiscord();
  const by = (process: string) => {
    const limits = new Limits();
    const log = createLogger('silent');
    const parts = { db, rest: discord, limits, clock: systemClock, log, process, botId: () => botId };
    return (id: number, options: Partial<DeliverOptions> = {}) =>
      deliverOne(parts, id, { ...plain, ...options });
  };
  return { discord, by };
}
