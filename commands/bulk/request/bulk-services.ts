import type { Clock } from '../../../src/base/clock.ts';
import type { Logger } from '../../../src/base/log.ts';
import type { Choice } from '../../../src/bot/handlers.ts';
import type { RequestTurns } from '../../../src/bot/request-turns.ts';
import type { PlanLimits } from '../../../src/bulk/plan/plan.ts';
import type { PreviewLimits } from '../../../src/bulk/preview/open-previews.ts';
import type { PreviewClock } from '../../../src/bulk/preview/preview-clock.ts';
import type { PreviewDeps } from '../../../src/bulk/preview/preview-embed.ts';
import type { Runner } from '../../../src/bulk/run/runner.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { Scope } from '../../../src/polls/scope.ts';

/** What `/bulk` needs. */
export interface BulkServices extends PreviewDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process in leases and the audit. */
  readonly processId: string;
  readonly planLimits: PlanLimits;
  readonly previewLimits: PreviewLimits;
  /** For everything that searches or plans. */
  readonly turns: RequestTurns;
  readonly runner: Runner;
  readonly previews: PreviewClock;
  /** The servers within a scope whose name or id contains the text, at most 25. */
  serverChoices(scope: Scope, text: string): Promise<readonly Choice[]>;
  /** Learns of sleeping threads, of which nobody tells, so that a preview knows what may be done in them. */
  learnThreads(jobs: Iterable<{ readonly channelId: string; readonly serverId: string }>): Promise<void>;
  /** Whether the bot is in this server. */
  knowsServer(serverId: string): boolean;
}
