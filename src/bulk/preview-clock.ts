import type { Clock } from '../clock.ts';
import type { Db } from '../db/schema.ts';
import type { Messages, Sent } from '../delivery/messages.ts';
import type { Logger } from '../log.ts';
import type { MessageBody } from '../message-body.ts';
import type { OperationRow } from './operation.ts';
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

/**
 * Keeps previews true as time passes: enables `Confirm` when the delay is over, closes them when they expire. After a
 * restart it goes on with the drafts that are still open.
 */
export class PreviewClock {
  readonly #deps: PreviewClockDeps;
  readonly #stop = new AbortController();
  readonly #watching = new Map<number, Promise<void>>();
  /** The page each preview shows, so that enabling `Confirm` does not turn it back. */
  readonly #pages = new Map<number, number>();

  constructor(deps: PreviewClockDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const drafts = await this.#deps.db
      .selectFrom('operations')
      .selectAll()
      .where('state', '=', 'draft')
      .where('expires_at', '>', this.#deps.clock.now())
      .execute();
    for (const draft of drafts) this.watch(draft);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watching.values());
  }

  watch(draft: OperationRow): void {
    if (draft.total === 0 || this.#watching.has(draft.id)) return;
    const watching = this.#watch(draft).finally(() => {
      this.#watching.delete(draft.id);
      this.#pages.delete(draft.id);
    });
    this.#watching.set(draft.id, watching);
  }

  turned(operationId: number, page: number): void {
    if (this.#watching.has(operationId)) this.#pages.set(operationId, page);
  }

  /** Shows the last words of a preview that was used. */
  close(operation: OperationRow, body: MessageBody): Promise<Sent> {
    return this.#deps.messages.editByToken(operation.preview_token ?? '', '@original', body);
  }

  async #watch(draft: OperationRow): Promise<void> {
    const { clock } = this.#deps;
    const now = clock.now().getTime();
    const enableMs = (draft.confirmable_at?.getTime() ?? now) - now;
    if (enableMs > 0) {
      await clock.sleep(enableMs + timerSlackMs, this.#stop.signal);
      await this.#edit(draft, async () =>
        renderPreview(
          await readPreview(this.#deps.db, draft.id, this.#pages.get(draft.id) ?? 0),
          this.#deps,
          clock.now(),
        ),
      );
    }
    await clock.sleep((draft.expires_at?.getTime() ?? now) - clock.now().getTime(), this.#stop.signal);
    await this.#edit(draft, async () =>
      renderClosedPreview(
        'This preview expired after 10 minutes; nothing was changed. Run the command again for a new one.',
      ),
    );
  }

  /** Edits the preview if it is still open. Not being able to is no harm: a press is checked again anyway. */
  async #edit(draft: OperationRow, body: () => Promise<MessageBody>): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { db, messages, log } = this.#deps;
    try {
      const row = await db
        .selectFrom('operations')
        .select('state')
        .where('id', '=', draft.id)
        .executeTakeFirst();
      if (row?.state !== 'draft' || draft.preview_token === null) return;
      const sent = await messages.editByToken(draft.preview_token, '@original', await body());
      if (sent.type !== 'sent')
        log.info({ operation: draft.id, reason: sent.reason }, 'a preview could not be refreshed');
    } catch (error) {
      log.error({ err: error, operation: draft.id }, 'a preview could not be refreshed');
    }
  }
}
