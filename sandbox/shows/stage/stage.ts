import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BotProcess } from '../../machine/bot-process.ts';
import type { Person } from '../../people/person.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox.ts';
import type { SandboxChannel } from '../../world/channel.ts';
import { permission } from '../../world/permissions.ts';
import type { PollPlace } from './create-polls.ts';
import type { Layout } from './layout.ts';

const voterNames = ['Bo', 'Cem', 'Dana', 'Eli', 'Femi', 'Gus', 'Hana', 'Ivo', 'Jun', 'Kim', 'Lou', 'Mia'];

/** The stand-in Discord, the people in it, and the bot as a process of its own. */
/** A channel with polls to come. */
export interface StagePlace extends PollPlace {
  readonly guildId: string;
  /** The bot is to lose sight of it. */
  readonly hidden: boolean;
}

/** The names behind Discord's mentions, by id. */
export interface MentionNames {
  user(id: string): string | undefined;
  channel(id: string): string | undefined;
  role(id: string): string | undefined;
}

export interface Stage {
  readonly sandbox: Sandbox;
  readonly bot: BotProcess;
  /** The super admin. */
  readonly ada: Person;
  /** Where Ada works; no polls there. */
  readonly office: SandboxChannel;
  readonly voters: readonly Person[];
  /** Every channel with polls to come. */
  readonly places: readonly StagePlace[];
  readonly names: MentionNames;
  /** The bot's working directory, with its database. It is thrown away. */
  readonly directory: string;
  /** Ends the bot and the stand-in and removes the directory. */
  close(): Promise<void>;
}

/**
 * Starts it all. `env` goes to the bot beside token, address and database. The bot finds no `.env`, because its
 * working directory is new. Resolves when the bot is ready.
 */
export async function startStage(
  layout: Layout,
  options: SandboxOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<Stage> {
  const sandbox = await startSandbox(options);
  const directory = await mkdtemp(join(tmpdir(), 'gavel-stage-'));
  const guilds = layout.servers.map((server, i) => {
    const channels = [...(i === 0 ? ['office'] : []), ...server.channels.map(({ name }) => name)];
    const guild = sandbox.addGuild({ name: server.name, channels });
    const admin = sandbox.person({
      name: `Admin of ${server.name}`,
      guilds: [guild.id],
      permissions: permission.manageGuild,
    });
    return { server, guild, admin };
  });
  const ada = sandbox.person({ name: 'Ada' });
  const voters = voterNames.map((name) => sandbox.person({ name }));
  const bot = new BotProcess(
    {
      DISCORD_TOKEN: sandbox.token,
      DISCORD_API_URL: sandbox.apiUrl,
      SUPER_ADMIN_IDS: ada.id,
      DATA_DIR: join(directory, 'data'),
      ...env,
    },
    directory,
  );
  const close = async () => {
    await bot.kill('SIGTERM');
    await sandbox.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await bot.untilReady();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    sandbox,
    bot,
    ada,
    office: guilds[0]!.guild.channel('office'),
    voters,
    places: guilds.flatMap(({ server, guild, admin }) =>
      server.channels.map(({ name, polls, old = 0, hidden = false }) => ({
        guildId: guild.id,
        channel: guild.channel(name),
        admin,
        count: polls,
        old,
        hidden,
      })),
    ),
    names: {
      user: (id) => sandbox.world.users.get(id)?.name,
      channel: (id) => sandbox.world.channels.get(id)?.name,
      role: (id) =>
        [...sandbox.world.guilds.values()].map(({ roles }) => roles.get(id)?.name).find((name) => name),
    },
    directory,
    close,
  };
}
