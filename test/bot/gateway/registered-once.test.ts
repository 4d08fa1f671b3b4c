import { describe, expect, test } from 'vitest';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { freshPglite } from '../../support/pglite-databases.ts';
import { handlers, withButton } from '../answer/try-command.ts';
import { startPollsBot } from '../polls-bot.ts';

describe('the commands', () => {
  test('are registered once and again only after a change', async () => {
    const { db, retire } = await freshPglite();
    const sandbox = await startSandbox({ limits: 'off' });
    sandbox.addGuild();
    const puts = () => sandbox.requests.filter((request) => request.method === 'PUT').length;
    const behaviour = {
      run: async () => withButton,
      press: async () => undefined,
      complete: async () => [],
      ran: 0,
    };
    for (const expected of [1, 1]) {
      const bot = await startPollsBot(sandbox, db, { handlers: handlers(behaviour) });
      expect(puts()).toBe(expected);
      await bot.stop();
    }
    const bot = await startPollsBot(sandbox, db);
    expect(puts()).toBe(2);
    await bot.stop();
    await sandbox.close();
    retire();
    expect(sandbox.violations).toEqual([]);
  });
});
