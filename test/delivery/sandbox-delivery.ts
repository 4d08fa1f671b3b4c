import { REST } from '@discordjs/rest';
import { onTestFinished } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/base/log.ts';
import type { Db } from '../../src/db/schema.ts';
import { Pace } from '../../src/delivery/pace/pace.ts';
import { RateLimits } from '../../src/delivery/pace/rate-limits.ts';
import { restOptions } from '../../src/delivery/pace/transport.ts';
import { Delivery } from '../../src/delivery/sending/delivery.ts';
import { freshPglite } from '../support/pglite-databases.ts';

export interface SandboxDelivery {
  readonly db: Db;
  readonly sandbox: Sandbox;
  readonly delivery: Delivery;
  readonly channels: readonly string[];
}

/** A delivery that sends to a sandbox of its own, with one server of so many channels. It ends with the test. */
export async function sandboxDelivery(
  channels: number,
  options: SandboxOptions,
  { pace = new Pace(), bulkDeletes = false } = {},
): Promise<SandboxDelivery> {
  const { db, retire } = await freshPglite();
  onTestFinished(retire);
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  const guild = sandbox.addGuild({ channels });
  const rateLimits = new RateLimits();
  const rest = new REST(restOptions({ apiUrl: sandbox.apiUrl, pace, rateLimits })).setToken(sandbox.token);
  const delivery = new Delivery({
    db,
    rest,
    rateLimits,
    clock: systemClock,
    random: Math.random,
    log: createLogger('silent'),
    processId: 'test',
    botId: () => sandbox.world.bot.id,
    bulkDeletes: () => (bulkDeletes ? guild.id : null),
  });
  onTestFinished(() => delivery.stop());
  return { db, sandbox, delivery, channels: guild.channels.map(({ id }) => id) };
}
