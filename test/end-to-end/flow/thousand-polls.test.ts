import { afterAll, beforeAll, describe, test } from 'vitest';
import type { DatabaseKind } from '../../support/bot-scene.ts';
import { expectExported } from '../support/exported-polls.ts';
import { expectEach, type PollState } from '../support/poll-states.ts';
import { expectChanged, expectRestored } from '../support/thousand-checks.ts';
import { thousandKinds } from '../support/thousand-kinds.ts';
import { type Ended, ThousandScene } from '../support/thousand-scene.ts';

// A thousand requests take the 20 seconds that Discord makes them take. So each kind is seen on one database, both
// databases at once, unless somebody asks for more.
const onBoth = process.env.THOUSAND_POLLS_ON === 'both';
const usual: Readonly<Record<DatabaseKind, readonly string[]>> = {
  pglite: ['close', 'settings', 'export'],
  postgres: ['reopen', 'status', 'delete'],
};
const databases: readonly DatabaseKind[] = ['pglite', 'postgres'];
const inTurn = { concurrent: false, timeout: 300_000 };

const scenes = new Map<DatabaseKind, ThousandScene>();
beforeAll(async () => {
  await Promise.all(databases.map(async (kind) => scenes.set(kind, await ThousandScene.start(kind))));
}, inTurn.timeout);
afterAll(async () => {
  await Promise.all([...scenes.values()].map((scene) => scene.close()));
});

for (const database of databases) {
  describe.concurrent(`a thousand polls under Discord's limits (${database})`, () => {
    const scene = () => scenes.get(database)!;
    const isSeen = (name: string) => onBoth || usual[database].includes(name);

    for (const kind of thousandKinds.filter(({ name }) => isSeen(name))) {
      let before: readonly PollState[];
      let ended: Ended;

      test(`${kind.name}: their rows and messages are right, other polls untouched`, inTurn, async () => {
        before = scene().polls;
        ended = await scene().run(kind.name, kind.first, kind.options(scene().roleId), kind.phrase);
        await scene().expectCompleted(ended);
        await scene().look();
        expectChanged(scene(), kind, before, ended);
      });

      test(`${kind.name}: undo makes rows and messages what they were`, inTurn, async () => {
        await scene().expectCompleted(await scene().undo(ended));
        await scene().look();
        expectRestored(scene(), kind, before);
      });
    }

    if (!isSeen('export')) return;
    test('export: the file says what the rows say, no poll is touched', inTurn, async () => {
      const before = scene().polls;
      const { reply, ...ended } = await scene().run('export', 851, { format: 'csv', voters: true }, null);
      await scene().expectCompleted({ reply, ...ended }, 0);
      const { guild, sandbox } = scene().scene;
      expectExported(reply.followUps, before.slice(850, 1850), ({ row }) => ({
        server: guild.guild.name,
        channel: sandbox.channel(row.channel_id).name,
      }));
      expectEach(await scene().look(), (is, index) => [is, before[index]]);
    });
  });
}
