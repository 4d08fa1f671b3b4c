import type { Right } from './rights.ts';

/**
 * What became of one attempt to make a poll's message show the poll. It is a value, never an exception: exceptions
 * are for bugs and lost infrastructure.
 */
export type Outcome =
  /** The message shows at least `revision`. `remark`: worth a note in the report (the message was gone, …). */
  | { readonly type: 'done'; readonly revision: number; readonly remark?: string }
  /**
   * Discord refuses for good. `scope: 'channel'`: it is not about this poll but about a right in its channel. That
   * settles every poll of the channel that needs the right.
   */
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly reason: string;
      readonly scope: 'poll' | 'channel';
      /** The right that was refused; given if the scope is the channel. */
      readonly right?: Right;
    }
  /** Not now. `attempt`: whether this counts against the poll (a 429 and a claim held elsewhere do not). */
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
