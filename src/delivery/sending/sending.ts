import { Routes } from 'discord-api-types/v10';
import type { Poll } from '../../polls/poll.ts';
import type { RefusedOutcome } from '../lanes/batch-refusals.ts';
import { waitForMessage } from '../message-limit.ts';
import type { Outcome } from '../outcome.ts';
import { requestTimeoutMs } from '../pace/transport.ts';
import { codeOf, lacking, noEmbeds } from '../refusals.ts';
import type { RequestKind } from '../request-kind.ts';
import { type CallOptions, NotSentError, sendBeforeHeader } from '../rest-calls.ts';
import type { Deed, Obstacle } from '../rights.ts';
import { type Claim, type ClaimOptions, claimTtlMs, renewClaim } from './claim-store.ts';
import type { DeliverParts } from './deliver-parts.ts';
import { isStray, recordLate, recordShown, release } from './delivery-store.ts';
import { type DiscordFailure, discordFailure } from './discord-outcome.ts';
import { inOpenThread } from './open-thread.ts';
import { findOwn, type Lost } from './own-messages.ts';
import { recordRefused } from './parks-store.ts';

export interface DeliverOptions extends ClaimOptions {
  /** Posts the message again if somebody deleted it by hand. */
  readonly repost: boolean;
  /** For the pace: higher goes first. */
  readonly priority: number;
  /** By this name background work takes turns at the pace. */
  readonly turn?: string;
  /** What Discord has refused to this batch in this channel and would refuse again. */
  readonly refused?: (deed: Deed) => RefusedOutcome | null;
}

/**
 * How long a process may wait before it sends, in ms. Then the claim would end too soon, and it does not send at all.
 */
export const sendWithinMs = claimTtlMs - requestTimeoutMs - 1_000;
/** How soon to look again if another process is sending, in ms. */
const busyMs = 1_000;

/** Another process sends for the poll, or has taken it over from us. */
export const busy: Outcome = {
  type: 'retry',
  afterMs: busyMs,
  code: 'busy',
  reason: 'another process is sending',
  attempt: false,
};

export const unknownMessage = 10008;

/** One attempt to show one poll: what it carries along, and how its end is recorded. */
export class Sending {
  readonly parts: DeliverParts;
  readonly claim: Claim;
  readonly headers: Record<string, string>;
  readonly options: DeliverOptions;
  /** The message that shows the poll, once that is known. */
  messageId: string | null;

  constructor(parts: DeliverParts, claimed: Claim, headers: Record<string, string>, options: DeliverOptions) {
    this.parts = parts;
    this.options = options;
    this.claim = claimed;
    this.headers = headers;
    this.messageId = claimed.poll.messageId;
  }

  get poll(): Poll {
    return this.claim.poll;
  }

  /** What identifies the claim in every record. */
  get own() {
    const { pollId, claim, sentBefore } = this.claim;
    return { pollId, claim, sentBefore, revision: this.poll.revision };
  }

  with(call: CallOptions): CallOptions {
    return { ...call, headers: this.headers };
  }

  /** Runs a request of the attempt, in an open thread. Throws as `inOpenThread`. */
  async inOpenThread(call: () => Promise<unknown>): Promise<unknown> {
    return await inOpenThread(this.parts.rest, this.poll.channelId, this.headers, call);
  }

  /** Ends the attempt if a request of this kind, or the edit of this message, must wait; null: it may go. */
  async mustWait(kind: RequestKind, edited?: string): Promise<Outcome | null> {
    const { rateLimits, clock } = this.parts;
    const limit = edited === undefined ? null : rateLimits.ofMessage(edited, clock.monotonic());
    if (limit) {
      await release(this.parts.db, [this.own], 'unsent');
      return waitForMessage(limit);
    }
    const afterMs = this.delay(kind);
    if (afterMs === 0) return null;
    await release(this.parts.db, [this.own], 'unsent');
    return { type: 'retry', afterMs, code: '429', reason: "Discord's rate limit", attempt: false };
  }

  /** Learns from a refused edit what it tells of the message's own limit. */
  learn(messageId: string, { outcome, code }: DiscordFailure): void {
    if (outcome.type !== 'retry' || !outcome.ofMessage) return;
    const { rateLimits, clock } = this.parts;
    rateLimits.messageRefused(messageId, clock.monotonic(), { afterMs: outcome.afterMs, code });
  }

  /** How long a request of this kind must wait, in ms. */
  delay(kind: RequestKind): number {
    return this.parts.rateLimits.delay(this.poll.channelId, kind, this.parts.clock.monotonic());
  }

  /** As `findOwn`, in the poll's channel. The claim is kept alive meanwhile. */
  async find(lost: Lost): Promise<string | null> {
    return await findOwn(this.parts, this.poll.channelId, lost, async () => {
      const sendBefore = this.parts.clock.monotonic() + sendWithinMs;
      if (!(await renewClaim(this.parts.db, this.own)))
        throw new NotSentError('another process has taken the poll over');
      this.headers[sendBeforeHeader] = String(sendBefore);
      return this.headers;
    });
  }

  /** The obstacle that the gateway knows of. */
  obstacle(deed: Deed): Obstacle | null {
    return this.parts.obstacle?.(this.poll.channelId, deed) ?? null;
  }

  /**
   * Ends the attempt without a request if a refusal is certain; null: it may be tried. What an operation or a person
   * asks for is tried even if the gateway speaks against it, because the gateway may lag behind. One thing is not
   * tried because it would do harm: without Embed Links Discord takes the message and leaves the poll out.
   */
  async forbidden(deed: Deed): Promise<Outcome | null> {
    const before = this.options.refused?.(deed);
    if (before) return await this.#refused(before);
    const obstacle = this.obstacle(deed);
    if (obstacle === null || !(obstacle.right === 'embed' || this.options.respectParks)) return null;
    return await this.#lacks(obstacle);
  }

  /** `blank`: Discord has taken the message without its embed. */
  async #lacks(obstacle: Obstacle, blank?: { messageId: string }): Promise<Outcome> {
    const reason = lacking(this.poll.channelId, obstacle);
    const { right } = obstacle;
    return await this.#refused(
      { type: 'failed', code: String(codeOf(obstacle)), reason, scope: 'channel', right },
      blank,
    );
  }

  /** What a failed request means. */
  failure(error: unknown, asked: Deed): DiscordFailure {
    return discordFailure(error, { channelId: this.poll.channelId, asked, obstacle: this.obstacle(asked) });
  }

  async #refused(outcome: RefusedOutcome, blank?: { messageId: string }): Promise<Outcome> {
    const { code, reason, right } = outcome;
    const inChannel = right === undefined ? null : { channelId: this.poll.channelId, right };
    const ours = await recordRefused(this.parts.db, {
      ...this.own,
      code,
      reason,
      inChannel,
      ...(blank && { blank }),
    });
    if (ours) return outcome;
    return blank ? await this.#late(blank.messageId) : busy;
  }

  /** Records what a failed request means, and turns it into the outcome. */
  async failed({ outcome, unknown }: DiscordFailure): Promise<Outcome> {
    if (outcome.type === 'failed') return await this.#refused(outcome);
    const ours = await release(this.parts.db, [this.own], unknown ? 'sent' : 'unsent');
    return unknown && ours.size === 0 ? await this.#late() : outcome;
  }

  /** What Discord has made of a post or an edit. A message of ours without an embed shows nothing of its poll. */
  async answered(messageId: string, answer: unknown, deed: Deed): Promise<Outcome> {
    const { embeds } = (answer ?? {}) as { embeds?: unknown };
    if (!Array.isArray(embeds) || embeds.length > 0) return await this.shown(messageId);
    const obstacle = this.obstacle(deed);
    return await this.#lacks(obstacle?.right === 'embed' ? obstacle : noEmbeds, { messageId });
  }

  async shown(messageId: string | null, remark?: string): Promise<Outcome> {
    const ours = await recordShown(this.parts.db, [{ ...this.own, messageId }], { keep: this.pingDue });
    if (ours.size === 0) return await this.#late(messageId);
    this.messageId = messageId;
    return { type: 'done', revision: this.poll.revision, ...(remark !== undefined && { remark }) };
  }

  /** Whether the role must be pinged under the same claim. */
  get pingDue(): boolean {
    return this.claim.ping.pending && this.poll.status === 'active' && this.poll.deletedAt === null;
  }

  /**
   * What this attempt sent may have arrived after what its successor sent, so the poll is shown once more. A message
   * that it posted beside its successor's is removed.
   */
  async #late(messageId: string | null = null): Promise<Outcome> {
    const { db, rest, log } = this.parts;
    const { id, channelId, deletedAt } = this.poll;
    await recordLate(db, [id], { removal: deletedAt !== null });
    log.warn({ poll: id }, 'a request for a poll came so late that another process had taken it over');
    if (messageId !== null && messageId !== this.messageId && (await isStray(db, id, messageId))) {
      try {
        await rest.delete(Routes.channelMessage(channelId, messageId), this.with({}));
      } catch (error) {
        const { outcome, code } = this.failure(error, 'delete');
        if (code !== unknownMessage)
          log.error({ poll: id, messageId, reason: outcome.reason }, 'a second message of a poll is left');
      }
    }
    return busy;
  }
}
