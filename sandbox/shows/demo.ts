import { once } from 'node:events';
import { parseArgs, styleText } from 'node:util';
import { demoLayout } from './demo/layout.ts';
import { runDemo } from './demo/run-demo.ts';
import { Screen } from './demo/screen.ts';
import { type Stage, startStage } from './stage/stage.ts';

const usage = `npm run demo [-- --stay]

Shows Gavel at work in a stand-in Discord on this machine: 1000 polls are created, closed in one operation, and what
failed is retried. Takes a little more than a minute; needs no token and no network, and leaves nothing behind.

  --stay   keep the stand-in Discord and the bot running afterwards, until Ctrl-C`;

// What was under way when it was interrupted would keep the process alive.
process.exit(await main());

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

  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal));
  const interrupted = Promise.race(signals).then(() => 'interrupted' as const);
  const starting = startStage(demoLayout(), { latency: [80, 120] });
  try {
    const stage = await Promise.race([starting, interrupted]);
    const end =
      stage === 'interrupted' ? stage : await play(stage, screen, interrupted, values.stay ?? false);
    if (end !== 'interrupted') return end ? 0 : 1;
    screen.line();
    screen.line('Interrupted; everything is stopped and removed.');
    return 130;
  } catch (error) {
    screen.line();
    screen.line(
      styleText('red', `The demonstration failed: ${error instanceof Error ? error.message : error}`),
    );
    return 1;
  } finally {
    // A start that failed has cleaned up after itself, and is reported above.
    const [started] = await Promise.allSettled([starting]);
    if (started.status === 'fulfilled') await started.value.close();
  }
}

async function play(
  stage: Stage,
  screen: Screen,
  interrupted: Promise<'interrupted'>,
  stays: boolean,
): Promise<boolean | 'interrupted'> {
  const ended = Promise.race([interrupted, botEnded(stage)]);
  try {
    const end = await Promise.race([runDemo(stage, demoLayout(), screen), ended]);
    if (end !== 'interrupted' && stays) {
      sayWhatIsThere(stage, screen);
      await ended;
    }
    return end;
  } catch (error) {
    for (const problem of stage.bot.problems().split('\n').filter(Boolean)) screen.line(problem);
    throw error;
  }
}

async function botEnded({ bot }: Stage): Promise<never> {
  const code = await bot.exited();
  throw new Error(
    code === null ? 'the bot was killed' : `the bot ended with code ${code}: ${bot.stderr.trim()}`,
  );
}

function sayWhatIsThere({ sandbox, bot, directory }: Stage, screen: Screen): void {
  screen.line();
  screen.line(styleText('bold', 'Still running, until Ctrl-C:'));
  screen.line(`• the stand-in Discord at ${sandbox.apiUrl}, with every poll and both operations`);
  screen.line(`• the bot, process ${bot.child.pid}`);
  screen.line(`• its database under ${directory}, which goes when this ends`);
}
