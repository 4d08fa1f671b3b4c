import type { Client } from 'discord.js';
import { pollCommand } from '../../commands/poll/poll.ts';
import { pollPresses } from '../../commands/poll/poll-presses.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/base/log.ts';
import { Dispatcher, type DispatchParts } from '../../src/bot/answer/dispatch.ts';
import { connect, createClient } from '../../src/bot/gateway/client.ts';
import { registerCommands } from '../../src/bot/gateway/register-commands.ts';
import { gatewayServers, type Servers } from '../../src/bot/rights/servers.ts';
import type { Db } from '../../src/db/schema.ts';
import { discordMessages } from '../../src/delivery/messages/discord-messages.ts';
import { Pace } from '../../src/delivery/pace/pace.ts';
import { RateLimits } from '../../src/delivery/pace/rate-limits.ts';
import { restOptions } from '../../src/delivery/pace/transport.ts';
import type { RestCalls } from '../../src/delivery/rest-calls.ts';
import { Delivery } from '../../src/delivery/sending/delivery.ts';
import { inNoTime, inRealTime } from '../support/in-no-time.ts';

export interface PollsBot {
  readonly client: Client;
  readonly servers: Servers;
  /** What was logged as an error. */
  readonly errors: readonly string[];
  stop(): Promise<void>;
}

export interface PollsBotOptions {
  /** Names the process if several share the database. */
  readonly processId?: string;
  readonly superAdminIds?: readonly string[];
  readonly handlers?: Partial<Pick<DispatchParts, 'commands' | 'contextCommands' | 'presses'>>;
}

/** The polls' half of the bot, with real parts, connected to the sandbox. */
export async function startPollsBot(
  sandbox: Sandbox,
  db: Db,
  options: PollsBotOptions = {},
): Promise<PollsBot> {
  const clock = systemClock;
  const errors: string[] = [];
  const log = createLogger('error', { write: (line: string) => errors.push(line) });
  const rateLimits = new RateLimits();
  const client = createClient({
    rest: restOptions({ apiUrl: sandbox.apiUrl, pace: new Pace(), rateLimits }),
    shards: { count: null, ids: null },
    log,
  });
  const rest = client.rest as unknown as RestCalls;
  const applicationId = () => client.application!.id;
  const delivery = new Delivery({
    db,
    rest,
    rateLimits,
    clock,
    log,
    processId: options.processId ?? 'test',
    botId: () => client.user!.id,
    random: () => 0.5,
  });
  const servers = gatewayServers(client);
  const services = { db, deliverer: delivery, clock, servers, pollsPerServer: 1000 };
  const dispatcher = new Dispatcher({
    client,
    rest,
    messages: discordMessages({ rest, rateLimits, clock, applicationId, botId: () => sandbox.world.bot.id }),
    clock,
    log,
    applicationId,
    superAdminIds: new Set(options.superAdminIds),
    commands: [pollCommand(services), ...(options.handlers?.commands ?? [])],
    contextCommands: options.handlers?.contextCommands ?? [],
    presses: [...pollPresses(services), ...(options.handlers?.presses ?? [])],
    drainMs: 10_000,
  });
  await dispatcher.start();
  await connect(client, sandbox.token, inRealTime(log));
  const definitions = [
    pollCommand(services),
    ...(options.handlers?.commands ?? []),
    ...(options.handlers?.contextCommands ?? []),
  ];
  await registerCommands(
    client.rest,
    applicationId(),
    definitions.map((one) => one.definition),
    inNoTime(log),
  );
  return {
    client,
    servers,
    errors,
    stop: async () => {
      await dispatcher.stop();
      await delivery.stop();
      await client.destroy();
    },
  };
}
