import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import { type BotScene, startScene } from '../../support/bot-scene.ts';

/** Discord's gateway documentation, "Sharding". */
const shardOf = (serverId: string) => Number((BigInt(serverId) >> 22n) % 2n);

describe('a bot whose shards are spread over two processes', () => {
  let scene: BotScene;
  let sue: Person;

  beforeAll(async () => {
    scene = await startScene({
      database: 'postgres',
      processes: 0,
      sandbox: { shards: 2 },
      env: { SHARD_COUNT: '2' },
    });
    sue = scene.sandbox.person({ name: 'Sue' });
    scene.env.SUPER_ADMIN_IDS = sue.id;
    for (let nth = 1; !foreign(); nth += 1) scene.sandbox.addGuild({ name: `Elsewhere ${nth}` });
    await Promise.all([scene.start({ SHARD_IDS: '0' }), scene.start({ SHARD_IDS: '1' })]);
  });

  afterAll(() => scene?.close());

  /** A server whose shard is not that of the server where commands are used. */
  const foreign = () =>
    [...scene.sandbox.world.guilds.values()].find(({ id }) => shardOf(id) !== shardOf(scene.guild.id));
  const suggested = async (text: string) => {
    const options = { server: text };
    const found = await sue.autocomplete(scene.guild.channels[0]!, 'bulk close', options, 'server');
    return found.map(({ name, value }) => [name, value]);
  };

  test('suggests and takes the servers of both', async () => {
    const { id, name } = foreign()!;
    await expect.poll(() => suggested(name)).toContainEqual([name, id]);
    expect(await suggested('dem')).toEqual([['Demo', scene.guild.id]]);
    const answer = await sue.slash(scene.guild.channels[0]!, 'bulk close', { server: id });
    expect((await answer.message()).text).toContain('No poll matches');
    const admin = await scene.admin.slash(scene.guild.channels[0]!, 'bulk close', { server: id });
    expect((await admin.message()).text).toMatch(/Server .* was not found/);
  });

  test('forgets one that removed the bot', async () => {
    const { id, name } = foreign()!;
    scene.sandbox.removeGuild(id);
    await expect.poll(() => suggested(name)).not.toContainEqual([name, id]);
  });
});
