import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { Db } from '../../db/schema.ts';
import type { Messages, Sent } from '../../delivery/messages/messages.ts';
import type { OperationRow } from '../operation.ts';
import { nextPreviewDue, rememberPage, setPreviewDue, takeDuePreviews } from './preview-due-store.ts';
import { type PreviewDeps, renderClosedPreview, renderPreview } from './preview-embed.ts';
import { readPreview } from './preview-store.ts';

export interface PreviewClockDeps extends PreviewDeps {
  readonly db: Db;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Timers may fire a little early; the button must not be drawn disabled once more. */
const timerSlackMs = 20;
/** Previews of a process that died are seen after this at the latest. */
const longestSleepMs = 10_000;
const shortestSleepMs = 250;
/** Before an edit that did not arrive is repeated. */
const againMs = 1_000;
/** So long an answer is repeated at most that did not arrive, with the button as it was when that was made. */
const answeredWithinMs = 60_000;
/** Discord's life of an interaction's token. */
const tokenLifeMs = 15 * 60_000;

/**
 * Keeps previews true as time passes: enables `Confirm` when the delay is over, closes them when they expire. When that is
 * due stands in each draft's row, so any process does it, and does it again until Discord has taken it. Between two times it
 * sleeps.
 */
export class PreviewClock {
  readonly #deps: PreviewClockDeps;
  readonly #stop = new AbortController();
  readonly #editing = new Set<Promise<void>>();
  #running: Promise<void> = Promise.resolve();
  #wake = new AbortController();
  #failing = false;

  constructor(deps: PreviewClockDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#editing);
  }

  /** There is a new draft, or one is due at another time. */
  wake(): void {
    this.#wake.abort();
  }

  /** Enabling `Confirm` does not turn the page back. */
  async turned(operationId: number, page: number): Promise<void> {
    await rememberPage(this.#deps.db, operationId, page);
  }

  /** Shows the last words of a preview that was used. */
  close(operation: OperationRow, body: MessageBody): Promise<Sent> {
    return this.#deps.messages.editByToken(operation.preview_token ?? '', '@original', body);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const pauseMs = await this.#tick();
      await this.#deps.clock.sleep(pauseMs, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  /** Starts what is due; returns how long nothing is. */
  async #tick(): Promise<number> {
    const { db, clock, log } = this.#deps;
    try {
      for (const draft of await takeDuePreviews(db, clock.now())) {
        const editing = this.#edit(draft).finally(() => {
          this.#editing.delete(editing);
          this.wake();
        });
        this.#editing.add(editing);
      }
      this.#failing = false;
      const next = await nextPreviewDue(db);
      if (next === null) return longestSleepMs;
      const dueMs = next.getTime() - clock.now().getTime() + timerSlackMs;
      return Math.min(Math.max(dueMs, shortestSleepMs), longestSleepMs);
    } catch (error) {
      if (!this.#failing) log.error({ err: error }, 'previews cannot be kept true; it is tried again');
      this.#failing = true;
      return againMs;
    }
  }

  /** Not being able to is no harm: a press is checked again anyway. */
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
      // It is due again when this turn's life is over.
      log.error({ err: error, operation: draft.id }, 'a preview could not be refreshed');
    }
  }

  async #render(draft: OperationRow, now: Date): Promise<MessageBody> {
    return renderPreview(await readPreview(this.#deps.db, draft.id, draft.preview_page), this.#deps, now);
  }
}

/** A young preview is looked at again, after ever longer: what was made before may arrive after what is newer. */
function nextLook({ created_at, expires_at }: OperationRow, now: Date): Date | null {
  const ageMs = now.getTime() - created_at.getTime();
  return ageMs < answeredWithinMs ? new Date(now.getTime() + Math.max(ageMs, againMs)) : expires_at;
}

const expiredPreview = renderClosedPreview(
  'This preview expired after 10 minutes; nothing was changed. Run the command again for a new one.',
);
