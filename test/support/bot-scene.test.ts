import { expect, test } from 'vitest';
import { startScene } from './bot-scene.ts';

test.for(['pglite', 'postgres'] as const)(
  'a scene creates polls, closes them and leaves nothing behind (%s)',
  async (database) => {
    await using scene = await startScene({ database });
    const polls = await scene.createPolls(24);
    expect(polls.map((poll) => poll.id)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    await scene.admin.press(await scene.preview('close', { polls: '1-24' }), 'Confirm');
    const progress = await scene.progress();
    await progress.until((message) => /completed/.test(message.text));
    expect(progress.field('Done')).toBe('24');
    expect(await scene.bot.kill('SIGTERM')).toBe(0);
    const rows = await scene.inDatabase((db) =>
      db.selectFrom('polls').select(['version', 'status']).execute(),
    );
    expect(new Set(rows.map(({ version, status }) => `${version} ${status}`))).toEqual(new Set(['2 closed']));
    expect(scene.sandbox.violations).toEqual([]);
  },
);
