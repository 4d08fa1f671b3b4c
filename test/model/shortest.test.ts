import { test } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { kinds } from './kinds.ts';
import type { Kind } from './model.ts';
import { given, quiesce } from './scene.ts';
import type { Command } from './step.ts';
import { step } from './steps.ts';

/** Sequences to which the model's failures shrank: each was wrong once. */
describeEachDatabase('operations leave what the model says', (fresh) => {
  async function holds(chosen: readonly Kind[], ...sequence: readonly Command[]): Promise<void> {
    const { model, real } = await given(await fresh(), chosen);
    for (const command of sequence) await command.run(model, real);
    await quiesce(model, real);
  }

  test('where a secret vote is cast before a cancel', async () => {
    await holds(
      [kindOf('settings', { anonymous: true })],
      step.begin(0, [2, 3]),
      step.vote(1, 0, 0),
      step.cancel(0),
    );
  });

  test('where more is chosen before a cancel than was allowed', async () => {
    const votes = [step.vote(1, 0, 0), step.vote(1, 0, 1)];
    await holds([kindOf('settings', { max_choices: 2 })], step.begin(0, [2]), ...votes, step.cancel(0));
  });

  test('where votes are cast between a reset and its cancel', async () => {
    const reset = kindOf('reopen', { extend_hours: 5, reset_votes: true });
    const closed = [step.vote(1, 0, 0), step.closeOne(1)];
    await holds([reset], ...closed, step.begin(0, [2]), step.vote(1, 1, 2), step.cancel(0));
  });

  test('where a delete was planned before another deleted the poll', async () => {
    const other = [step.begin(0, [1, 3]), step.finish(0)];
    await holds([kindOf('delete')], step.plan(0, [1]), ...other, step.confirm(0));
  });

  test('where the answer to posting a message again is lost before a cancel', async () => {
    const gone = [step.removeByHand(0), step.ping(0), step.pingLands(0)];
    const lost = [step.begin(0, [1]), step.deliver(0, 0, 'lost'), step.cancel(0)];
    await holds([kindOf('settings', { max_choices: 2 })], ...gone, ...lost);
  });

  test('where an undo is cancelled and repeated', async () => {
    const undos = [step.beginUndo(0), step.cancel(0), step.beginUndo(0)];
    await holds([kindOf('close')], step.begin(0, [3]), step.finish(0), ...undos);
  });

  test('where a delete is undone, and then the close before it', async () => {
    const both = [step.begin(0, [3]), step.finish(0), step.begin(1, [3]), step.finish(0)];
    const undos = [step.beginUndo(1), step.finish(0), step.beginUndo(0), step.finish(0)];
    await holds([kindOf('close'), kindOf('delete')], ...both, ...undos);
  });

  test.each(['close', 'delete'])(
    'where a ping is under way while a %s is applied that is undone',
    async (name) => {
      const meanwhile = [step.ping(0), step.begin(0, [1]), step.pingLands(0), step.finish(0)];
      await holds([kindOf(name)], ...meanwhile, step.beginUndo(0), step.finish(0));
    },
  );

  test('where a ping is under way while a setting is changed and shown', async () => {
    const meanwhile = [step.removeByHand(0), step.ping(0), step.begin(0, [1]), step.deliver(0, 0, 'lost')];
    await holds([kindOf('settings', { max_choices: 2 })], ...meanwhile);
  });

  test('where a ping is under way while a close is applied that is cancelled', async () => {
    const meanwhile = [step.ping(0), step.begin(0, [1]), step.pingLands(0)];
    await holds([kindOf('status', { to: 'closed' })], ...meanwhile, step.cancel(0));
  });

  test.each([[], [step.vote(1, 0, 0)]])(
    'where a change that failed was shown before its retry is cancelled (%#)',
    async (...votes) => {
      const shown = [step.begin(0, [2]), step.timeOut(0), step.sweep(1, 'done')];
      const cancelled = [...votes, step.retry(0), step.cancel(0)];
      await holds([kindOf('settings', { max_choices: 2 })], ...shown, ...cancelled);
    },
  );

  test('where votes are cast between a change that failed and the cancel of its retry', async () => {
    const failed = [step.begin(0, [2]), step.timeOut(0), step.vote(1, 0, 0)];
    await holds([kindOf('settings', { max_choices: 2 })], ...failed, step.retry(0), step.cancel(0));
  });

  test('where a retry is cancelled that still waits', async () => {
    const failed = [step.begin(0, [3]), step.timeOut(0)];
    await holds([kindOf('close')], ...failed, step.queueRetry(0), step.cancel(0));
  });

  test('where one retry changed what another put back, and a third comes', async () => {
    const failed = [step.begin(0, [2]), step.timeOut(0), step.queueRetry(0), step.cancel(0)];
    await holds([kindOf('close')], ...failed, step.beginRetry(0), step.abort(0), step.beginRetry(0));
  });

  test('where an undo still owes a ping, whose retry is cancelled and repeated', async () => {
    const refused = [step.begin(0, [1]), step.finish(0), step.beginUndo(0), step.deliver(0, 0, 'refused')];
    const retries = [step.beginRetry(0), step.cancel(0), step.beginRetry(0)];
    await holds([kindOf('status', { to: 'closed' })], ...refused, ...retries);
  });
});

function kindOf(name: string, options: Record<string, unknown> = {}): Kind {
  const found = kinds.find(
    (kind) => kind.name === name && JSON.stringify(kind.options) === JSON.stringify(options),
  );
  if (!found) throw new Error(`the model knows no ${name} ${JSON.stringify(options)}`);
  return found;
}
