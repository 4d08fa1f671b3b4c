import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { type BotScene, type DatabaseKind, startScene } from '../../support/bot-scene.ts';

describe.each<DatabaseKind>(['pglite', 'postgres'])('what one server may take (%s)', (database) => {
  let scene: BotScene;
  let other: SandboxGuild;
  let otherAdmin: Person;
  let colleague: Person;

  beforeAll(async () => {
    scene = await startScene({
      database,
      env: { MAX_POLLS_PER_SERVER: '4', MAX_PREVIEWS_PER_ADMIN: '2', MAX_PREVIEWS_PER_SERVER: '3' },
    });
    other = scene.sandbox.addGuild({ name: 'Other', channels: ['polls'] });
    const bits = { permissions: permission.manageGuild };
    otherAdmin = scene.sandbox.person({ name: 'Otto', ...bits });
    colleague = scene.sandbox.person({ name: 'Cleo', ...bits });
    await scene.createPolls(4);
  });

  afterAll(() => scene?.close());

  const office = () => scene.guild.channels[0]!;
  const ask = async (who: Person, guild: SandboxGuild, command: string, options = {}) =>
    await (await who.slash(guild.channels[0]!, command, options, { force: true })).message();
  const aPoll = { question: 'One more?', options: 'Yes | No' };

  test('is a number of polls, which a refusal names; other servers go on', async () => {
    const refused = await ask(scene.admin, scene.guild, 'poll create', aPoll);
    expect(refused.text).toContain('This server has 4 polls, as many as one server may have');
    expect(refused.text).toContain('MAX_POLLS_PER_SERVER');
    expect((await ask(otherAdmin, other, 'poll create', aPoll)).text).toMatch(/#\d+/);
  });

  test('is a number of open previews for one admin, and for all of them', async () => {
    const preview = (who: Person, guild = scene.guild) => ask(who, guild, 'bulk close', { status: 'active' });
    const first = await preview(scene.admin);
    expect(first.button('Confirm')).toBeDefined();
    expect((await preview(scene.admin)).button('Confirm')).toBeDefined();
    const third = await preview(scene.admin);
    expect(third.button('Confirm')).toBeUndefined();
    expect(third.text).toContain('You have 2 open previews, as many as one person may have.');
    expect((await preview(colleague)).button('Confirm')).toBeDefined();
    expect((await preview(colleague)).text).toContain('This server has 3 open previews');
    expect((await preview(otherAdmin, other)).button('Confirm')).toBeDefined();
    await scene.admin.press(first, 'Cancel');
    await first.until(({ buttons }) => buttons.every(({ disabled }) => disabled));
    expect((await preview(scene.admin)).button('Confirm')).toBeDefined();
  });

  test('is a few words of what somebody types, however much that is', async () => {
    const words = ['Question', ...Array.from({ length: 1500 }, (_, index) => `w${index}`)]
      .join(' ')
      .slice(0, 6000);
    expect(await scene.admin.autocomplete(office(), 'bulk close', { polls: words }, 'polls')).toEqual([]);
  });
});
