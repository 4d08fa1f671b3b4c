import { type Client, Events } from 'discord.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox, usualBotPermissions } from '../../../sandbox/sandbox.ts';
import type { SandboxChannel } from '../../../sandbox/world/channel.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import { connect, createClient } from '../../../src/bot/gateway/client.ts';
import { RightsWatch } from '../../../src/bot/rights/rights-watch.ts';
import type { Regained } from '../../../src/delivery/rights.ts';
import { type Right, rights } from '../../../src/delivery/rights.ts';
import { inRealTime } from '../../support/in-no-time.ts';

describe('rights that come back', () => {
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let client: Client;
  let watch: RightsWatch;
  let heard: Regained[];
  let votes: SandboxChannel;
  let other: SandboxChannel;

  beforeEach(async () => {
    sandbox = await startSandbox({ limits: 'off' });
    guild = sandbox.addGuild({ channels: ['votes', 'other'] });
    [votes, other] = [guild.channel('votes'), guild.channel('other')];
    await begin(systemClock);
  });

  afterEach(async () => {
    await watch.stop();
    await client.destroy();
    await sandbox.close();
  });

  async function begin(clock: Clock): Promise<void> {
    heard = [];
    client = createClient({
      rest: { api: sandbox.apiUrl, retries: 0 },
      shards: { count: null, ids: null },
      log: createLogger('silent'),
    });
    watch = new RightsWatch(client, clock, (serverId, regained) => {
      if (serverId === guild.id) heard.push(regained);
    });
    await watch.start();
    await connect(client, sandbox.token, inRealTime());
  }

  /** What came back there in all that was told since the last call. */
  function regainedIn(id: string): Right[] {
    return rights.filter((right) => heard.some((regained) => regained(id, right)));
  }

  /** Resolves when discord.js and the watch have understood everything so far: events come in order. */
  async function settled(): Promise<void> {
    const marker = guild.addChannel(`marker-${Math.random()}`);
    await new Promise<void>((resolve) => {
      client.on(
        Events.ChannelCreate,
        ({ id }) => id === marker.id && setImmediate(() => setImmediate(resolve)),
      );
    });
  }

  const forget = () => {
    heard = [];
  };

  test('are all, at the start: what was refused before may have changed', () => {
    expect(regainedIn(votes.id)).toEqual([...rights]);
    expect(regainedIn('123')).toEqual([...rights]);
    expect(heard.some((regained) => rights.some((right) => regained('123', right, true)))).toBe(false);
  });

  test('are none where a colour, a topic or the permissions of others change', async () => {
    const theirs = guild.addRole('Theirs');
    const person = sandbox.person({ name: 'Pat' });
    await settled();
    forget();
    sandbox.setRoleColour(guild.id, 0xff0000);
    sandbox.setTopic(votes.id, 'News');
    theirs.permissions = permission.administrator;
    sandbox.world.dispatchRole(guild.guild, theirs, 'GUILD_ROLE_UPDATE');
    person.setPermissions(guild.id, permission.manageGuild);
    sandbox.setBotPermissions(guild.id, usualBotPermissions | permission.manageGuild);
    sandbox.deny(votes.id, permission.sendMessages);
    await settled();
    expect([votes.id, other.id, '123'].flatMap(regainedIn)).toEqual([]);
  });

  test('are those that were given back, where they were given back', async () => {
    sandbox.deny(votes.id, permission.embedLinks | permission.sendMessages);
    sandbox.deny(other.id);
    await settled();
    forget();
    sandbox.allow(votes.id, permission.embedLinks);
    await settled();
    expect([regainedIn(votes.id), regainedIn(other.id)]).toEqual([['embed'], []]);
    sandbox.allow(other.id);
    await settled();
    expect(regainedIn(other.id)).toEqual([...rights]);
  });

  test('come with a role, of the bot or of everybody', async () => {
    const everyone = guild.guild.roles.get(guild.id)!;
    const all = everyone.permissions;
    everyone.permissions = 0n;
    sandbox.world.dispatchRole(guild.guild, everyone, 'GUILD_ROLE_UPDATE');
    sandbox.setBotPermissions(guild.id, usualBotPermissions & ~permission.embedLinks);
    await settled();
    forget();
    everyone.permissions = all;
    sandbox.world.dispatchRole(guild.guild, everyone, 'GUILD_ROLE_UPDATE');
    await settled();
    expect(regainedIn(votes.id)).toEqual(['embed']);
  });

  test('come to a thread when somebody opens or unlocks it, whether it was known or not', async () => {
    const known = guild.addThread(votes.id, 'known');
    sandbox.lock(known.id);
    sandbox.archive(known.id);
    await settled();
    forget();
    sandbox.archive(known.id, false);
    await settled();
    expect(regainedIn(known.id)).toContain('open');
    sandbox.lock(known.id, false);
    await settled();
    expect(regainedIn(known.id)).toContain('edit');

    sandbox.archive(known.id);
    await watch.stop();
    await client.destroy();
    await begin(systemClock);
    await settled();
    forget();
    sandbox.archive(known.id, false);
    await settled();
    expect(regainedIn(known.id)).toEqual([...rights]);
  });

  test('come to threads that sleep, which nobody tells of, with what opens them', async () => {
    const asleep = guild.addThread(votes.id, 'asleep');
    sandbox.archive(asleep.id);
    await watch.stop();
    await client.destroy();
    await begin(systemClock);
    await settled();
    forget();
    sandbox.setBotPermissions(guild.id, usualBotPermissions | permission.manageThreads);
    await settled();
    expect(regainedIn(asleep.id)).toEqual(['open', 'post', 'edit']);
    expect(regainedIn(votes.id)).toEqual([]);
  });

  test('are those given while the connection was lost, and none where nothing changed', async () => {
    sandbox.deny(votes.id, permission.sendMessages);
    await settled();
    forget();
    const again = () => new Promise((resolve) => client.once(Events.GuildAvailable, resolve));
    const lost = async (change: () => void) => {
      const back = again();
      sandbox.gateway.drop({ resumable: false });
      change();
      await back;
      await settled();
    };
    await lost(() => undefined);
    expect([votes.id, other.id, '123'].flatMap(regainedIn)).toEqual([]);
    await lost(() => sandbox.allow(votes.id, permission.sendMessages));
    expect([votes.id, other.id, '123'].map(regainedIn)).toEqual([['post'], [], []]);
  });

  test('are all at the end of a time-out, which no event tells, also one that began before the start', async () => {
    let now = Date.now();
    await watch.stop();
    await client.destroy();
    const until = now + 26 * 86_400_000;
    sandbox.timeOut(guild.id, until);
    // The clock goes on by what is slept, so days pass at once.
    const sleeps: number[] = [];
    const over = Promise.withResolvers<void>();
    const clock: Clock = {
      ...systemClock,
      now: () => new Date(now),
      sleep: async (ms) => {
        now += ms;
        sleeps.push(ms);
        if (now > until + 60_000) over.resolve();
      },
    };
    await begin(clock);
    await over.promise;
    await settled();
    expect(Math.max(...sleeps)).toBeLessThan(2 ** 31);
    // The first is that of the start, when the bot could see and little else.
    expect(heard[0]!(votes.id, 'post')).toBe(false);
    expect(heard.slice(1, 3).map((regained) => rights.filter((right) => regained(votes.id, right)))).toEqual([
      [...rights],
      [...rights],
    ]);
  });

  test('are all when a time-out is lifted before its end', async () => {
    sandbox.timeOut(guild.id, Date.now() + 3_600_000);
    await settled();
    forget();
    sandbox.timeOut(guild.id, null);
    await settled();
    expect(regainedIn(votes.id)).toEqual([...rights]);
  });
});
