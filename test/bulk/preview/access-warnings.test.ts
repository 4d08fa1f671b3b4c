import { expect, test } from 'vitest';
import { operationKind } from '../../../src/bulk/kinds/operation-kinds.ts';
import { readParams } from '../../../src/bulk/kinds/read-params.ts';
import { accessWarnings } from '../../../src/bulk/preview/access-warnings.ts';
import { readPreview } from '../../../src/bulk/preview/preview-store.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { Deed, Obstacle } from '../../../src/delivery/rights.ts';
import { now } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { plan, postedPolls } from '../bulk-fixture.ts';

const lacking: Obstacle = { right: 'post', permissions: ['A Right'], timedOutUntil: null };
const messages = {
  known: { message_id: '300000000000000001' },
  'never posted': { message_id: null, message_gone: false, shown_revision: 0 },
  'deleted by hand': { message_id: null, message_gone: true },
} as const;

const optionsOf: Record<string, Record<string, unknown>> = {
  status: { to: 'scheduled', opens: '2099-01-01' },
};

/** For which deed, if it is refused, the preview of this kind warns. */
async function deedsAt(db: Db, name: string, message: keyof typeof messages): Promise<Deed[]> {
  await postedPolls(db, 1);
  await db.updateTable('polls').set(messages[message]).executeTakeFirst();
  const kind = operationKind(name);
  const params = readParams(kind, optionsOf[name] ?? {}, now);
  const rows = await readPreview(db, await plan(db, { kind, params }), 0);
  const names = { server: () => null, channel: () => null };
  const warns = (refused: Deed) =>
    accessWarnings(rows, {
      access: (_channel, _guild, deed) => (deed === refused ? lacking : 'ok'),
      names,
    }).length > 0;
  return (['post', 'edit', 'delete'] as const).filter(warns);
}

describeEachDatabase(
  'a preview warns of a channel where the bot lacks what each poll needs there',
  (fresh) => {
    test.each([
      ['close', 'known', ['edit']],
      ['close', 'never posted', ['post']],
      ['close', 'deleted by hand', []],
      ['status', 'deleted by hand', ['post']],
      ['delete', 'known', ['delete']],
      ['delete', 'never posted', []],
    ] as const)('%s, its message %s', async (kind, message, deeds) => {
      expect(await deedsAt(await fresh(), kind, message)).toEqual(deeds);
    });
  },
);
