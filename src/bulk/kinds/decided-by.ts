import type { Poll } from '../../polls/poll.ts';
import type { OperationKind } from './operation-kind.ts';
import type { PollChange } from './poll-image.ts';

/** `skipReason` and `change` of a kind whose one function finds both: what a poll becomes, or why it is left as it is. */
export function decidedBy<Params extends Record<string, unknown>>(
  decide: (poll: Poll, params: Params, now: Date) => PollChange | string,
): Pick<OperationKind<Params>, 'skipReason' | 'change'> {
  return {
    skipReason: (...args) => {
      const decision = decide(...args);
      return typeof decision === 'string' ? decision : null;
    },
    change: (...args) => {
      const decision = decide(...args);
      if (typeof decision !== 'string') return decision;
      throw new Error(`poll ${args[0].id} is not to be changed: ${decision}`);
    },
  };
}
