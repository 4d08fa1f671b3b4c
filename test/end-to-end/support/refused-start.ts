import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BotProcess } from '../../../sandbox/machine/bot-process.ts';

/**
 * Starts the bot where it cannot start, in a directory of its own, until it ends by itself, and returns the sentence it said on stderr. Expects what
 * holds for every such end: exit code 1, one short text, no stack on either stream, and none of the `secrets`.
 */
export async function refusedStart(
  env: Readonly<Record<string, string>>,
  secrets: readonly string[] = [],
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gavel-refused-'));
  const bot = new BotProcess({ DATA_DIR: join(directory, 'data'), ...env }, directory);
  try {
    const code = await bot.exited();
    const said = bot.stderr.trim();
    const all = said + JSON.stringify(bot.log);
    expect(said).not.toBe('');
    expect(said).not.toContain('\n');
    expect(all).not.toMatch(/(^|\n|\\n) +at \S|node:internal|"stack"/);
    for (const secret of [env.DISCORD_TOKEN ?? '', ...secrets].filter((one) => one !== '')) {
      expect(all).not.toContain(secret);
    }
    expect(code).toBe(1);
    return said;
  } finally {
    await bot.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
}
