import { expect, test } from 'vitest';
import { purge } from '../../../src/db/upkeep/purge.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { daysAgo, now, retention } from './purge-rows.ts';

describeEachDatabase('purge', (fresh) => {
  test('forgets handled interactions after a day', async () => {
    const db = await fresh();
    await db
      .insertInto('handled_interactions')
      .values([
        { interaction_id: 'old', handled_at: daysAgo(1.1) },
        { interaction_id: 'young', handled_at: daysAgo(0.9) },
      ])
      .execute();
    expect(await purge(db, now, retention)).toMatchObject({ interactions: 1 });
    expect(await db.selectFrom('handled_interactions').select('interaction_id').execute()).toEqual([
      { interaction_id: 'young' },
    ]);
  });

  test('forgets pickers that nobody has pressed for a week, but nothing that was selected', async () => {
    const db = await fresh();
    await db.insertInto('selections').values({ admin_id: '1', scope: '' }).execute();
    await db.insertInto('selected_polls').values({ admin_id: '1', scope: '', poll_id: 12 }).execute();
    const picker = { admin_id: '1', scope: '', filter: '{}', targets: '{}', sort: 'newest', frames: '[]' };
    await db
      .insertInto('pickers')
      .values([
        { ...picker, interaction_id: 'old', used_at: daysAgo(7.1) },
        { ...picker, interaction_id: 'young', used_at: daysAgo(6.9) },
      ])
      .execute();
    expect(await purge(db, now, retention)).toMatchObject({ pickers: 1 });
    expect(await db.selectFrom('pickers').select('interaction_id').execute()).toEqual([
      { interaction_id: 'young' },
    ]);
    expect(await db.selectFrom('selected_polls').select('poll_id').execute()).toEqual([{ poll_id: 12 }]);
  });
});
