/** Nothing is left to do here: another process has the interaction, or it came too late for any process. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';
  readonly why: 'elsewhere' | 'gone';

  constructor(why: 'elsewhere' | 'gone') {
    super(`not ours to answer: ${why}`);
    this.why = why;
  }
}
