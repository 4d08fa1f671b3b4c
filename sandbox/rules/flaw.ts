/** One thing wrong: where (`embeds.0.title`), and what. */
export interface Flaw {
  readonly path: string;
  readonly reason: string;
}
