import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { Loop } from '../../base/loop.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { Service } from '../../base/service.ts';
import type { Db } from '../../db/schema.ts';
import type { Messages, Sent } from '../../delivery/messages/messages.ts';
import type { OperationRow } from '../operation.ts';
import { operationLimits } from '../operation-limits.ts';
import { nextPreviewDue, rememberPage, setPreviewDue, takeDuePreviews } from './preview-due-store.ts';
import { type PreviewDeps, renderClosedPreview, renderPreview } from './preview-embed.ts';
import { readPreview } from './preview-store.ts';

export interface PreviewClockDeps extends PreviewDeps {
  readonly db: Db;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Timers may fire a little early. Then the button would be drawn disabled once more. */
const timerSlackMs = 20;
/** How long the clock sleeps at most, in ms: so late it notices previews of a process that died. */
const longestSleepMs = 10_000;
const shortestSleepMs = 250;
/** The pause before an edit that did not arrive is repeated, in ms. */
const againMs = 1_000;
/**
 * The answer to the command may be repeated for this long, in ms, and it shows the button as it was when the answer
 * was made.
 */
const answeredWithinMs = 60_000;
/** How long Discord keeps an interaction's token alive, in ms. */
const tokenLifeMs = 15 * 60_000;

/**
 * Keeps previews true as time passes. It enables `Confirm` when the delay is over, and closes a preview when it
 * expires. Each draft's row says when that is due. So any process does it, and repeats it until Discord has taken it.
 * The clock sleeps in between.
 */
export class PreviewClock implements Service {
  readonly #deps: PreviewClockDeps;
  readonly #loop: Loop;
  readonly #editing = new Set<Promise<void>>();

  constructor(deps: PreviewClockDeps) {
    this.#deps = deps;
    this.#loop = new Loop({
      clock: deps.clock,
      log: deps.log,
      turn: () => this.#editDue(),
      afterErrorMs: againMs,
      failed: 'previews cannot be kept up to date; trying again',
      recovered: 'previews are kept true again',
    });
  }

  async start(): Promise<void> {
    await this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await Promise.all(this.#editing);
  }

  /** To be called when there is a new draft, or when a draft is due at another time. */
  wake(): void {
    this.#loop.wake();
  }

  /** Remembers the page that is shown: enabling `Confirm` must not turn it back. */
  async turned(operationId: number, page: number): Promise<void> {
    await rememberPage(this.#deps.db, operationId, page);
  }

  /** Shows what a preview says after it was used. */
  close(operation: OperationRow, body: MessageBody): Promise<Sent> {
    return this.#deps.messages.editByToken(operation.preview_token ?? '', '@original', body);
  }

  /** Starts the edits that are due. Returns the pause until the next look, in ms. */
  async #editDue(): Promise<number> {
    const { db, clock } = this.#deps;
    for (const draft of await takeDuePreviews(db, clock.now())) {
      const editing = this.#edit(draft).finally(() => {
        this.#editing.delete(editing);
        this.wake();
      });
      this.#editing.add(editing);
    }
    const next = await nextPreviewDue(db);
    if (next === null) return longestSleepMs;
    const dueMs = next.getTime() - clock.now().getTime() + timerSlackMs;
    return Math.min(Math.max(dueMs, shortestSleepMs), longestSleepMs);
  }

  /** A failed edit does no harm: every press is checked again. */
  async #edit(draft: OperationRow): Promise<void> {
    const { db, messages, clock, log } = this.#deps;
    try {
      const now = clock.now();
      const expired = draft.expires_at !== null && draft.expires_at <= now;
      const body = expired ? expiredPreview : await this.#render(draft, now);
      const sent = await messages.editByToken(draft.preview_token ?? '', '@original', body);
      const again = new Date(clock.now().getTime() + againMs);
      const tokenOver = again.getTime() > draft.created_at.getTime() + tokenLifeMs;
      if (sent.type === 'sent') await setPreviewDue(db, draft, expired ? null : nextLook(draft, now));
      else if (sent.type === 'retry' && !tokenOver) await setPreviewDue(db, draft, again);
      else {
        await setPreviewDue(db, draft, null);
        log.info({ operation: draft.id, reason: sent.reason }, 'a preview could not be refreshed');
      }
    } catch (error) {
      // The preview is due again when this turn is over.
      log.error({ err: error, operation: draft.id }, 'a preview could not be refreshed');
    }
  }

  async #render(draft: OperationRow, now: Date): Promise<MessageBody> {
    return renderPreview(await readPreview(this.#deps.db, draft.id, draft.preview_page), this.#deps, now);
  }
}

/**
 * When a preview is edited next. A young one is edited again after growing pauses: an older edit may arrive after a
 * newer one.
 */
function nextLook({ created_at, expires_at }: OperationRow, now: Date): Date | null {
  const ageMs = now.getTime() - created_at.getTime();
  return ageMs < answeredWithinMs ? new Date(now.getTime() + Math.max(ageMs, againMs)) : expires_at;
}

const expiredPreview = renderClosedPreview(
  `This preview expired after ${operationLimits.previewMinutes} minutes; nothing was changed. Run the command again for a new one.`,
);
