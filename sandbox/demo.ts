import { once } from 'node:events';
import { parseArgs, styleText } from 'node:util';
import { bigLayout } from './demo/layout.ts';
import { runDemo } from './demo/run-demo.ts';
import { Screen } from './demo/screen.ts';
import { type DemoWorld, startDemoWorld } from './demo/world.ts';

const usage = `npm run demo [-- --stay]

Shows Gavel at work in a stand-in Discord on this machine: 1000 polls are created, closed in one operation, and what
failed is retried. Takes a little more than a minute; needs no token and no network, and leaves nothing behind.

  --stay   keep the stand-in Discord and the bot running afterwards, until Ctrl-C`;

process.exitCode = await main();

/** The exit code: 0 only if everything held. */
async function main(): Promise<number> {
  const options = { stay: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const screen = new Screen(process.stdout);
  screen.line();
  screen.line(`${styleText(['bold', 'magenta'], 'Gavel')}  many polls, one operation`);
  screen.line();
  screen.line("A stand-in Discord with Discord's own limits, and the bot on an empty database.");
  screen.line('No token, no network, no set-up; it ends by itself. Ctrl-C ends it earlier.');

  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const starting = startDemoWorld(bigLayout(), { latency: [80, 120] });
  const world = await starting;
  try {
    const ended = Promise.race([interrupted.then(() => 'interrupted' as const), botEnded(world)]);
    const end = await Promise.race([runDemo(world, bigLayout(), screen), ended]);
    if (end === 'interrupted') {
      screen.line();
      screen.line('Interrupted; everything is stopped and removed.');
      return 130;
    }
    if (values.stay) await stay(world, screen, ended);
    return end ? 0 : 1;
  } catch (error) {
    screen.line();
    screen.line(
      styleText('red', `The demonstration failed: ${error instanceof Error ? error.message : error}`),
    );
    for (const problem of world.bot.problems().split('\n').filter(Boolean)) screen.line(problem);
    return 1;
  } finally {
    await world.close();
  }
}

async function botEnded({ bot }: DemoWorld): Promise<never> {
  const code = await bot.exited();
  throw new Error(`the bot ended with code ${code}: ${bot.stderr.trim()}`);
}

async function stay(
  { sandbox, bot, directory }: DemoWorld,
  screen: Screen,
  ended: Promise<unknown>,
): Promise<void> {
  screen.line();
  screen.line(styleText('bold', 'Still running, until Ctrl-C:'));
  screen.line(`• the stand-in Discord at ${sandbox.apiUrl}, with every poll and both operations`);
  screen.line(`• the bot, process ${bot.child.pid}`);
  screen.line(`• its database under ${directory}, which goes when this ends`);
  await ended;
}
