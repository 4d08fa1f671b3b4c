import { bulkCommand } from '../commands/bulk/bulk.ts';
import { bulkPresses } from '../commands/bulk/bulk-presses.ts';
import type { BulkServices } from '../commands/bulk/request/bulk-services.ts';
import { selectPollCommand } from '../commands/bulk/selection/select-poll.ts';
import { pollCommand } from '../commands/poll/poll.ts';
import { pollPresses } from '../commands/poll/poll-presses.ts';
import { Dispatcher } from './bot/answer/dispatch.ts';
import type { Definition } from './bot/gateway/register-commands.ts';
import { RequestTurns } from './bot/request-turns.ts';
import { learnThreads } from './bot/rights/sleeping-threads.ts';
import type { CoreParts, DiscordParts } from './discord-parts.ts';
import type { WorkParts } from './work-parts.ts';

/** How long a stop waits for interactions under way, in milliseconds. */
const drainMs = 3_000;

/** What answers people. */
export interface AnswerParts {
  readonly dispatcher: Dispatcher;
  /** The commands to be registered. */
  readonly definitions: readonly Definition[];
}

export function answerParts(core: CoreParts, discord: DiscordParts, work: WorkParts): AnswerParts {
  const { config, log, database, clock } = core;
  const { client, servers, messages, applicationId } = discord;
  const { deliverer } = work;
  const { pollsPerServer } = config.shares;
  const polls = { db: database.db, deliverer, servers, clock, pollsPerServer };
  const bulk = bulkServices(core, discord, work);
  const commands = [pollCommand(polls), bulkCommand(bulk)];
  const contextCommands = [selectPollCommand(bulk)];
  const dispatcher = new Dispatcher({
    client,
    rest: client.rest,
    messages,
    clock,
    log,
    applicationId,
    superAdminIds: config.superAdminIds,
    commands,
    contextCommands,
    presses: [...pollPresses(polls), ...bulkPresses(bulk)],
    drainMs,
  });
  return {
    dispatcher,
    definitions: [...commands, ...contextCommands].map(({ definition }) => definition),
  };
}

function bulkServices(core: CoreParts, discord: DiscordParts, work: WorkParts): BulkServices {
  const { config, log, database, clock, processId } = core;
  const { client, servers, shared, names } = discord;
  return {
    db: database.db,
    clock,
    log,
    processId,
    names,
    access: servers.channelAccess,
    timeoutMs: config.bulk.timeoutMs,
    deletedRetentionDays: config.deletedRetentionDays,
    planLimits: { ...config.bulk, bulkDeletes: servers.bulkDeleteServer },
    previewLimits: config.shares,
    turns: new RequestTurns({
      perPerson: config.shares.requestsPerPerson,
      perServer: config.shares.requestsPerServer,
      waitingPerPerson: 50,
    }),
    runner: work.runner,
    previews: work.previews,
    serverChoices: async (scope, text) => await (shared ?? servers).search(scope, text),
    learnThreads: (jobs) => learnThreads(client, servers, jobs, clock),
    knowsServer: (serverId) => names.server(serverId) !== null,
  };
}
