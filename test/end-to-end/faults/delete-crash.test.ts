import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BotScene, type CreatedPoll, startScene } from '../../support/bot-scene.ts';
import { resultOf } from '../progress-frames.ts';
import { comeBack, killAt, type Match } from '../support/crash.ts';
import { draftOf } from '../support/draft-of.ts';

const bulkDelete: Match = ({ path }) => path.endsWith('/bulk-delete');

describe('a bot that is killed with -9 while it deletes many messages at once', () => {
  let scene: BotScene;
  beforeAll(async () => {
    scene = await startScene({
      database: 'postgres',
      channels: 2,
      sandbox: { limits: { scale: 0.05 }, latency: [5, 30] },
    });
  });
  afterAll(() => scene?.close());

  async function confirmDelete(polls: readonly CreatedPoll[]): Promise<number> {
    const preview = await scene.preview('delete', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
    const operation = draftOf(preview);
    const asked = await scene.admin.press(preview, 'Confirm');
    await scene.admin.submit(asked, `DELETE ${polls.length}`);
    return operation;
  }

  test.each(['before', 'after'] as const)('goes on where it was, killed %s Discord did it', async (when) => {
    const polls = await scene.createPolls(30);
    const killed = killAt(scene, bulkDelete, { nth: 1, when });
    const operation = await confirmDelete(polls);
    await killed;
    await comeBack(scene);
    const progress = await scene.progress(operation, undefined, 30_000);
    expect(await resultOf(progress, 60_000)).toEqual({ word: 'completed', counts: [30, 0, 0, 0] });
    expect(polls.every(({ message }) => message.deleted)).toBe(true);
    const rows = await scene.inDatabase((db) =>
      db
        .selectFrom('polls')
        .select(['id', 'version', 'message_id', 'message_gone', 'removal_tried', 'held_by'])
        .where(
          'id',
          'in',
          polls.map(({ id }) => id),
        )
        .execute(),
    );
    const removed = {
      version: 2,
      message_id: null,
      message_gone: false,
      removal_tried: false,
      held_by: null,
    };
    expect(rows.map(({ id, ...row }) => row)).toEqual(polls.map(() => removed));
    expect(scene.sandbox.violations).toEqual([]);
  });

  test('posts every poll anew that a cancel after the kill brings back', async () => {
    const polls = await scene.createPolls(30);
    const killed = killAt(scene, bulkDelete, { nth: 1, when: 'after' });
    const operation = await confirmDelete(polls);
    await killed;
    const gone = polls.filter(({ message }) => message.deleted);
    expect(gone.length).toBeGreaterThan(1);
    // The cancel is what the next process finds.
    await scene.inDatabase((db) =>
      db.updateTable('operations').set({ state: 'cancelling' }).where('id', '=', operation).execute(),
    );
    await comeBack(scene);
    const progress = await scene.progress(operation, undefined, 30_000);
    const { word, counts } = await resultOf(progress, 60_000);
    expect({ word, failed: counts[1], waiting: counts[3] }).toEqual({
      word: 'cancelled',
      failed: 0,
      waiting: 0,
    });
    const back = await scene.inDatabase((db) =>
      db
        .selectFrom('operation_items')
        .select('poll_id')
        .where('operation_id', '=', operation)
        .where('state', '=', 'skipped')
        .execute(),
    );
    expect(back.length).toBe(counts[2]);
    expect(back.length).toBeGreaterThanOrEqual(gone.length);
    for (const { poll_id } of back) {
      const { message } = polls.find(({ id }) => id === poll_id)!;
      const channel = scene.sandbox.channel(message.channelId);
      await channel.until(({ text }) => text.includes(`#${poll_id} · active`), 30_000);
      expect(channel.messages.filter(({ text }) => text.includes(`#${poll_id} · active`))).toHaveLength(1);
    }
  });
});
