import type { Right } from './rights.ts';

/**
 * What became of one attempt to make a poll's message show the poll. A value, never an exception: exceptions are
 * for bugs and lost infrastructure.
 */
export type Outcome =
  /** The message shows at least `revision`. `remark`: worth a note in the report (the message was gone, …). */
  | { readonly type: 'done'; readonly revision: number; readonly remark?: string }
  /**
   * Discord refuses for good. `scope: 'channel'`: not this poll but a right in its channel, which settles every poll of the
   * channel that needs it.
   */
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly reason: string;
      readonly scope: 'poll' | 'channel';
      /** The right that was refused; given where the scope is the channel. */
      readonly right?: Right;
    }
  /** Not now. `attempt`: whether this counts against the poll (429 and a claim held elsewhere do not). */
  | {
      readonly type: 'retry';
      readonly afterMs: number;
      readonly code: string;
      readonly reason: string;
      readonly attempt: boolean;
      /** Discord holds back this one message, and nothing beside it in its channel. */
      readonly ofMessage?: true;
    }
  /** Nothing can go on: Discord refuses the token. */
  | { readonly type: 'abort'; readonly reason: string };
