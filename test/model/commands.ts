import fc from 'fast-check';
import { users } from './poll-steps.ts';
import type { Delivery } from './run-steps.ts';
import { step } from './steps.ts';

const index = fc.nat(3);
const some = fc.subarray([1, 2, 3], { minLength: 1 });
const plan = fc.tuple(fc.nat(2), some).map(([kind, polls]) => step.plan(kind, polls));
const begin = fc.tuple(fc.nat(2), some).map(([kind, polls]) => step.begin(kind, polls));
const vote = fc
  .tuple(index, fc.nat(users.length - 1), fc.nat(2))
  .map(([poll, user, option]) => step.vote(poll, user, option));
const deliver = fc
  .tuple(index, index, fc.constantFrom<Delivery>('done', 'refused', 'given up', 'lost', 'unsettled'))
  .map(([operation, poll, how]) => step.deliver(operation, poll, how));
const sweep = fc
  .tuple(index, fc.constantFrom('done' as const, 'refused' as const))
  .map(([poll, how]) => step.sweep(poll, how));
const wait = fc.constantFrom(1, 1, 3, 26).map(step.wait);

/** The commands; those without which little happens more than once. */
export const commands = [
  plan,
  index.map(step.confirm),
  begin,
  begin,
  begin,
  begin,
  index.map(step.finish),
  index.map(step.finish),
  deliver,
  deliver,
  index.map(step.undo),
  index.map(step.beginUndo),
  index.map(step.beginUndo),
  index.map(step.retry),
  index.map(step.beginRetry),
  index.map(step.beginRetry),
  index.map(step.beginRetry),
  index.map(step.queueRetry),
  index.map(step.queueRetry),
  index.map(step.start),
  index.map(step.start),
  index.map(step.cancel),
  index.map(step.cancel),
  index.map(step.abort),
  index.map(step.pause),
  index.map(step.resume),
  index.map(step.timeOut),
  index.map(step.timeOut),
  index.map(step.crash),
  sweep,
  index.map(step.ping),
  index.map(step.ping),
  index.map(step.pingLands),
  index.map(step.removeByHand),
  vote,
  vote,
  vote,
  index.map(step.closeOne),
  wait,
  fc.constant(null).map(step.purge),
];
