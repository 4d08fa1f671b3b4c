import { describe, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { permission } from '../../sandbox/world/permissions.ts';
import type { SlashCommand } from '../../src/bot/handlers.ts';
import { freshPglite } from '../support/pglite-databases.ts';
import { startPollsBot } from './polls-bot.ts';

describe('who asks', () => {
  test('is told by the interaction: super admin, server admin or nobody', async () => {
    const { db, retire } = await freshPglite();
    const sandbox = await startSandbox({ limits: 'off' });
    const guild = sandbox.addGuild();
    const people = {
      chief: sandbox.person(),
      admin: sandbox.person({ permissions: permission.manageGuild }),
      owner: sandbox.person({ permissions: permission.administrator }),
      voter: sandbox.person(),
    };
    const scopes: unknown[] = [];
    const command: SlashCommand = {
      definition: { name: 'who', description: 'Who asks' },
      handlers: new Map([
        [
          '',
          {
            acknowledge: 'private',
            run: async ({ caller }) => {
              scopes.push(caller.scope);
              return { content: 'ok' };
            },
          },
        ],
      ]),
    };
    const bot = await startPollsBot(sandbox, db, {
      superAdminIds: [people.chief.id],
      handlers: { commands: [command] },
    });
    for (const one of Object.values(people)) await (await one.slash(guild.channels[0]!, 'who')).message();
    const here = { all: false, serverId: guild.id };
    expect(scopes).toEqual([{ all: true }, here, here, null]);
    await bot.stop();
    await sandbox.close();
    retire();
  });
});
