import { systemClock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/base/log.ts';
import type { Db } from '../../src/db/schema.ts';
import { RateLimits } from '../../src/delivery/pace/rate-limits.ts';
import type { Obstacles } from '../../src/delivery/rights.ts';
import { deliverOne } from '../../src/delivery/sending/deliver-one.ts';
import type { DeliverOptions } from '../../src/delivery/sending/sending.ts';
import { botId, FakeDiscord } from './fake-discord.ts';
import { givenPoll } from './polls.ts';

/** As an operation shows a poll. */
export const plain: DeliverOptions = {
  repost: false,
  respectHolds: false,
  respectParks: false,
  priority: 1,
};

/**
 * Processes on one database that send to the same stand-in Discord. Each, by its name, shows one poll.
 * `obstacle` is what the gateway told about the bot's rights.
 */
export function severalProcesses(db: Db, obstacle: Obstacles = () => null) {
  const discord = new FakeDiscord();
  const by = (processId: string, rateLimits = new RateLimits()) => {
    const log = createLogger('silent');
    const botIdOf = () => botId;
    const parts = {
      db,
      rest: discord,
      rateLimits,
      clock: systemClock,
      log,
      processId,
      botId: botIdOf,
      obstacle,
    };
    return (id: number, options: Partial<DeliverOptions> = {}) =>
      deliverOne(parts, id, { ...plain, ...options });
  };
  return { discord, by };
}

/** One of them alone. */
export function oneProcess(db: Db, obstacle?: Obstacles) {
  const { discord, by } = severalProcesses(db, obstacle);
  return { discord, show: by('one') };
}

/** One of them, with a poll that it has shown. */
export async function shownPoll(db: Db) {
  const { discord, show } = oneProcess(db);
  const id = await givenPoll(db);
  await show(id);
  return { discord, show, id };
}
