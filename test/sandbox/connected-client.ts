import { Client, type ClientOptions, Events, GatewayIntentBits, type Interaction } from 'discord.js';
import { onTestFinished } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';
import type { SandboxGuild } from '../../sandbox/world/sandbox-guild.ts';

export interface ConnectedClient {
  readonly sandbox: Sandbox;
  readonly guild: SandboxGuild;
  readonly client: Client<true>;
}

/** A sandbox with one server, and a client that is logged in there. Both end with the test. */
export async function connectedClient(
  options: SandboxOptions = { limits: 'off' },
  init: Parameters<Sandbox['addGuild']>[0] = {},
): Promise<ConnectedClient> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  const guild = sandbox.addGuild(init);
  const client = await connect(sandbox);
  onTestFinished(() => client.destroy());
  return { sandbox, guild, client };
}

/** The same, with two channels and `definitions` registered. */
export async function clientWithCommands(): Promise<ConnectedClient> {
  const connected = await connectedClient({ limits: 'off' }, { name: 'One', channels: ['votes', 'general'] });
  await connected.client.application.commands.set(definitions as never);
  return connected;
}

/** An unmodified discord.js client against the sandbox; resolves when it is ready. */
export async function connect(sandbox: Sandbox, options: Partial<ClientOptions> = {}): Promise<Client<true>> {
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    rest: { api: sandbox.apiUrl, retries: 0, offset: 5, ...options.rest },
    ...options,
  });
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(sandbox.token);
  await ready;
  return client as Client<true>;
}

/** Handles interactions; what a handler throws reaches `failures`, where a test can look. */
export function onInteraction(
  client: Client,
  handle: (interaction: Interaction) => Promise<unknown>,
): unknown[] {
  const failures: unknown[] = [];
  client.on(Events.InteractionCreate, (interaction) => {
    handle(interaction).catch((error: unknown) => failures.push(error));
  });
  return failures;
}

/** Definitions for the tests: one with subcommand and options, one context command. */
export const definitions = [
  {
    name: 'bulk',
    description: 'Many at once',
    options: [
      {
        type: 1,
        name: 'close',
        description: 'Close polls',
        options: [
          { type: 3, name: 'polls', description: 'Numbers', required: true },
          { type: 3, name: 'server', description: 'Server', autocomplete: true },
          { type: 7, name: 'channel', description: 'Channel' },
          { type: 6, name: 'creator', description: 'Creator' },
          { type: 5, name: 'private', description: 'Private' },
          { type: 4, name: 'hours', description: 'Hours', min_value: 1, max_value: 99 },
        ],
      },
    ],
  },
  { name: 'Select poll', type: 3 },
] as const;
