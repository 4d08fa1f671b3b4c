import type { Poll } from '../polls/poll.ts';
import type { Refused } from './batch-refusals.ts';
import type { DeliverParts } from './deliver-parts.ts';
import { type Claim, recordShown, releaseUnknown, releaseUnsent } from './delivery-store.ts';
import { type DiscordFailure, discordFailure } from './discord-outcome.ts';
import { inOpenThread } from './open-thread.ts';
import type { Outcome } from './outcome.ts';
import { recordRefused } from './parks-store.ts';
import { codeOf, lacking, noEmbeds } from './refusals.ts';
import type { RequestKind } from './request-kind.ts';
import type { CallOptions } from './rest-calls.ts';
import type { Deed, Obstacle } from './rights.ts';

export interface DeliverOptions {
  /** Post the message again where somebody deleted it by hand. */
  readonly repost: boolean;
  /** Leave alone what an unfinished operation holds. */
  readonly respectHolds: boolean;
  /** Leave alone what Discord refused for good. */
  readonly respectParks: boolean;
  /** For the pace; higher goes first. */
  readonly priority: number;
  /** By this name bulk work takes turns at the pace. */
  readonly turn?: string;
  /** What Discord has refused to this batch in this channel, and would refuse again. */
  readonly refused?: (deed: Deed) => Refused | null;
}

/** One attempt to show one poll: what it carries along, and how what comes of it is recorded. */
export class Sending {
  readonly parts: DeliverParts;
  readonly claim: Claim;
  readonly headers: Record<string, string>;
  readonly options: DeliverOptions;
  /** Where the poll is shown, once that is known. */
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
    const { sentBefore, lastTriedUntil } = this.claim;
    const { process } = this.parts;
    return { pollId: this.poll.id, process, revision: this.poll.revision, sentBefore, lastTriedUntil };
  }

  with(call: CallOptions): CallOptions {
    return { ...call, headers: this.headers };
  }

  /** Runs a request of the attempt, in a thread that is open. Throws as `inOpenThread`. */
  async inOpenThread(call: () => Promise<unknown>): Promise<unknown> {
    return await inOpenThread(this.parts.rest, this.poll.channelId, this.headers, call);
  }

  /** A request of this kind has to wait: ends the attempt; null: it may go. */
  async mustWait(kind: RequestKind): Promise<Outcome | null> {
    const now = this.parts.clock.monotonic();
    const afterMs = this.parts.limits.delay(this.poll.channelId, kind, now);
    if (afterMs === 0) return null;
    await releaseUnsent(this.parts.db, this.own);
    return { type: 'retry', afterMs, code: '429', reason: "Discord's rate limit", attempt: false };
  }

  private obstacle(deed: Deed): Obstacle | null {
    return this.parts.obstacle?.(this.poll.channelId, deed) ?? null;
  }

  /**
   * What is known to be refused ends the attempt without a request; null: it may be tried. What an operation or a person asks
   * for is tried even where the gateway speaks against it, which may lag behind, but for what would do harm: without Embed
   * Links Discord takes the message and leaves the poll out.
   */
  async forbidden(deed: Deed): Promise<Outcome | null> {
    const before = this.options.refused?.(deed);
    if (before) return await this.refused(before);
    const obstacle = this.obstacle(deed);
    if (obstacle === null || !(obstacle.right === 'embed' || this.options.respectParks)) return null;
    return await this.lacks(obstacle);
  }

  /** `blank`: Discord has taken the message without its embed. */
  private async lacks(obstacle: Obstacle, blank?: { messageId: string }): Promise<Outcome> {
    const reason = lacking(this.poll.channelId, obstacle);
    const { right } = obstacle;
    return await this.refused(
      { type: 'failed', code: String(codeOf(obstacle)), reason, scope: 'channel', right },
      blank,
    );
  }

  /** What a failed request means. */
  failure(error: unknown, asked: Deed): DiscordFailure {
    return discordFailure(error, { channelId: this.poll.channelId, asked, obstacle: this.obstacle(asked) });
  }

  private async refused(outcome: Refused, blank?: { messageId: string }): Promise<Outcome> {
    const { code, reason, right } = outcome;
    const inChannel = right === undefined ? null : { channelId: this.poll.channelId, right };
    await recordRefused(this.parts.db, { ...this.own, code, reason, inChannel, ...(blank && { blank }) });
    return outcome;
  }

  /** Records what a failed request means and turns it into the outcome. */
  async failed({ outcome, unknown }: DiscordFailure): Promise<Outcome> {
    const { db } = this.parts;
    if (outcome.type === 'failed') return await this.refused(outcome);
    if (unknown) {
      await releaseUnknown(db, this.own);
    } else {
      await releaseUnsent(db, this.own);
    }
    return outcome;
  }

  /** What Discord has made of a post or an edit: a message of ours without an embed shows nothing of its poll. */
  async answered(messageId: string, answer: unknown, deed: Deed): Promise<Outcome> {
    const { embeds } = (answer ?? {}) as { embeds?: unknown };
    if (!Array.isArray(embeds) || embeds.length > 0) return await this.shown(messageId);
    const obstacle = this.obstacle(deed);
    return await this.lacks(obstacle?.right === 'embed' ? obstacle : noEmbeds, { messageId });
  }

  async shown(messageId: string | null, remark?: string): Promise<Outcome> {
    await recordShown(this.parts.db, { ...this.own, messageId });
    this.messageId = messageId;
    return { type: 'done', revision: this.poll.revision, ...(remark !== undefined && { remark }) };
  }
}
