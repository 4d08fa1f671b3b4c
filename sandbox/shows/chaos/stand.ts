import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Person } from '../../people/person.ts';
import { type Sandbox, startSandbox } from '../../sandbox.ts';
import type { SandboxChannel } from '../../world/channel.ts';
import { permission } from '../../world/permissions.ts';
import { Keeper } from './keeper.ts';
import type { KnownPoll } from './model.ts';
import { Random } from './random.ts';

export interface StandOptions {
  /** The URL of the database; null: the embedded one. */
  readonly databaseUrl: string | null;
  readonly processes: number;
  readonly seed: number;
}

/** The stand-in Discord with people in it, the bots, their keeper, and what people know of the polls. */
export interface Stand {
  readonly sandbox: Sandbox;
  readonly keeper: Keeper;
  readonly random: Random;
  readonly env: Readonly<Record<string, string>>;
  readonly processes: number;
  readonly admin: Person;
  readonly voters: readonly Person[];
  /** Where the admin works; no polls there. */
  readonly office: SandboxChannel;
  readonly channels: readonly SandboxChannel[];
  readonly pingRoleId: string;
  readonly polls: Map<number, KnownPoll>;
  close(): Promise<void>;
}

/** Discord's windows, fifty times shorter: rounds are short, and lanes still wait. */
const limits = { scale: 0.02 };

export async function startStand({ databaseUrl, processes, seed }: StandOptions): Promise<Stand> {
  const random = new Random(seed);
  const sandbox = await startSandbox({ limits, latency: [2, 20], random: random.next });
  const directory = await mkdtemp(join(tmpdir(), 'gavel-chaos-'));
  const guild = sandbox.addGuild({ name: 'Chaos', channels: ['office', 'one', 'two', 'three', 'four'] });
  const role = guild.addRole('Voters', { mentionable: true });
  const env: Record<string, string> = {
    DISCORD_TOKEN: sandbox.token,
    DISCORD_API_URL: sandbox.apiUrl,
    BULK_CONFIRM_DELAY_SECONDS: '0',
    BULK_MAX_PER_ADMIN: '3',
    LOG_LEVEL: 'debug',
    ...(databaseUrl === null ? { DATA_DIR: join(directory, 'data') } : { DATABASE_URL: databaseUrl }),
  };
  const keeper = new Keeper(env, directory);
  const close = async () => {
    await keeper.end();
    await sandbox.close();
    await rm(directory, { recursive: true, force: true });
  };
  const stand = {
    sandbox,
    keeper,
    random,
    env,
    processes,
    admin: sandbox.person({ name: 'Ada', permissions: permission.manageGuild }),
    voters: Array.from({ length: 30 }, (_, index) => sandbox.person({ name: `Voter ${index}` })),
    office: guild.channel('office'),
    channels: guild.channels.filter(({ name }) => name !== 'office'),
    pingRoleId: role.id,
    polls: new Map<number, KnownPoll>(),
    close,
  };
  try {
    await keeper.start(processes);
  } catch (error) {
    await close();
    throw error;
  }
  return stand;
}
