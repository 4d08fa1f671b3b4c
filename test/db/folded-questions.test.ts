import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { up as first } from '../../migrations/0001-polls-and-operations.ts';
import { up as second } from '../../migrations/0002-undo-and-audit-chain.ts';
import { up as third } from '../../migrations/0003-removal-tried.ts';
import { up as selectionAndSearch } from '../../migrations/0004-selection-and-search.ts';
import { fold } from '../../src/polls/fold.ts';
import { cleanLine } from '../../src/polls/text.ts';
import { hostileTexts } from '../polls/hostile-texts.ts';
import { connectPostgres, emptyPostgresUrl } from '../support/postgres-databases.ts';

const questions = [
  ...hostileTexts.map(([, text]) => cleanLine(text).slice(0, 1000).toWellFormed()),
  'Welche STRAẞE, welche Straße?',
  'ΟΔΟΣ οδός ΐ',
  'İSTANBUL ıssız',
  'ｆｕｌｌ Ⅷ ﬁ',
];

test('polls from before the text filter are found by it as those created since: all of them, however many', async () => {
  const db = connectPostgres(await emptyPostgresUrl());
  try {
    const bare = db as unknown as Kysely<unknown>;
    for (const up of [first, second, third]) await up(bare);
    // More than are folded in one go.
    await sql`
      insert into polls (question, guild_id, channel_id, creator_id, status, created_at, interaction_id)
      select (${questions}::text[])[1 + copy % ${questions.length}], '1', '2', '3', 'active', now(), copy::text
      from generate_series(1, 5100) as copy`.execute(db);
    await selectionAndSearch(bare);
    const { rows } = await sql<{ question: string; question_folded: string }>`
      select distinct question, question_folded from polls`.execute(db);
    expect(rows).toHaveLength(questions.length);
    for (const { question, question_folded } of rows) expect(question_folded).toBe(fold(question));
  } finally {
    await db.destroy();
  }
});
