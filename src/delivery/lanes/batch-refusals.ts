import type { FinalOutcome } from '../delivery-batch.ts';
import { type Deed, rightsOf } from '../rights.ts';

export type RefusedOutcome = Extract<FinalOutcome, { type: 'failed' }>;

/** What Discord has refused to one batch, by channel. It was asked once and is not asked again. */
export class Refusals {
  readonly #inChannels = new Map<string, RefusedOutcome[]>();

  add(channelId: string, refused: RefusedOutcome): void {
    this.#inChannels.set(channelId, [...(this.#inChannels.get(channelId) ?? []), refused]);
  }

  /** The refusal that this deed would meet again; null: none is known. */
  of(channelId: string, deed: Deed): RefusedOutcome | null {
    const known = this.#inChannels.get(channelId) ?? [];
    return known.find(({ right }) => right !== undefined && rightsOf[deed].includes(right)) ?? null;
  }
}
