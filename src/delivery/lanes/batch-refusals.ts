import type { FinalOutcome } from '../delivery-batch.ts';
import { type Deed, rightsOf } from '../rights.ts';

export type Refused = Extract<FinalOutcome, { type: 'failed' }>;

/** What Discord has refused to one batch, by channel. It was asked once and is not asked again. */
export class Refusals {
  readonly #inChannels = new Map<string, Refused[]>();

  add(channelId: string, refused: Refused): void {
    this.#inChannels.set(channelId, [...(this.#inChannels.get(channelId) ?? []), refused]);
  }

  /** The refusal that this deed would meet again; null: none is known. */
  of(channelId: string, deed: Deed): Refused | null {
    const known = this.#inChannels.get(channelId) ?? [];
    return known.find(({ right }) => right !== undefined && rightsOf[deed].includes(right)) ?? null;
  }
}
