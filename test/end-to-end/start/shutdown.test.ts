import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { endGroup, endWithUs } from '../../../sandbox/machine/end-with-us.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { type BotScene, type DatabaseKind, startScene } from '../../support/bot-scene.ts';
import { expectCountsToAddUp, isClosed, numberOf, resultOf } from '../progress-frames.ts';
import { expectCarriedOut, expectOneProgressMessage, expectVersions } from '../support/carried-out.ts';
import { asBot, channelPost, comeBack, type Match, pollEdit, progressEdit } from '../support/crash.ts';

const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));
/** What a supervisor allows between SIGTERM and SIGKILL. */
const patienceMs = 10_000;

async function confirmed(scene: BotScene, count: number) {
  const polls = await scene.createPolls(count);
  const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
  const since = scene.sandbox.requests.length;
  return {
    polls,
    since,
    begin: async () => await (await scene.admin.press(preview, 'Confirm')).message(),
  };
}

async function ended(scene: BotScene, signal: NodeJS.Signals): Promise<number | null> {
  const asked = Date.now();
  const code = await scene.bot.kill(signal);
  expect(Date.now() - asked).toBeLessThan(patienceMs);
  return code;
}

test.for([
  ['pglite', 'SIGTERM'],
  ['postgres', 'SIGTERM'],
  ['postgres', 'SIGINT'],
] as const)(
  'in the middle of an operation the bot (%s) ends cleanly on %s, and the next start completes it',
  async ([database, signal]) => {
    await using scene = await startScene({
      database,
      channels: 3,
      sandbox: { limits: { scale: 0.05 }, latency: 30 },
    });
    const { polls, since, begin } = await confirmed(scene, 18);
    const [progress] = await Promise.all([begin(), nthRequest(scene, pollEdit(polls), 5)]);
    expect(await ended(scene, signal)).toBe(0);
    expect(scene.bot.problems()).toBe('');
    expect(polls.every(({ message }) => isClosed(message))).toBe(false);
    await scene.start();
    expect(await expectCarriedOut(scene, numberOf(progress), { polls, since })).toBe(progress);
    if (database === 'pglite') expect(await ended(scene, signal)).toBe(0);
    await expectVersions(scene, polls, { version: 2, status: 'closed' });
  },
);

test.concurrent('a request that Discord never answers keeps nobody from ending in time', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 2 });
  const { polls, since, begin } = await confirmed(scene, 6);
  const held = scene.sandbox.faults.hold(pollEdit(polls), { pass: 2 });
  const progress = await begin();
  await held.reached;
  expect(await ended(scene, 'SIGTERM')).toBe(0);
  held.release();
  await comeBack(scene);
  await expectCarriedOut(scene, numberOf(progress), { polls, since });
});

test.concurrent('a start that hangs ends on SIGTERM as well, and leaves the database free', async () => {
  await using scene = await startScene({ channels: 1 });
  await scene.bot.kill('SIGTERM');
  const held = scene.sandbox.faults.hold(({ path }) => path === '/gateway/bot');
  scene.launch();
  await held.reached;
  await ended(scene, 'SIGTERM');
  held.release();
  await scene.start();
});

test('an interaction under way is answered before the bot ends', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 1 });
  const held = scene.sandbox.faults.hold(channelPost);
  const reply = await scene.admin.slash(scene.guild.channels[0]!, 'poll create', {
    question: 'In time?',
    options: 'Yes | No',
  });
  await held.reached;
  const exit = ended(scene, 'SIGTERM');
  await scene.bot.logged('stopping');
  held.release();
  expect((await reply.message()).text).toContain('#1');
  expect(await exit).toBe(0);
});

test.concurrent('npm start passes SIGTERM on, and ends with the code of the bot', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 1 });
  await scene.bot.kill('SIGTERM');
  const npm = spawn('npm', ['start'], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...scene.env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  endWithUs(npm, { group: true });
  try {
    let output = '';
    npm.stdout.on('data', (data) => {
      output += String(data);
      if (/Gavel \S+ is ready/.test(output)) npm.emit('ready');
    });
    await once(npm, 'ready');
    expect(scene.sandbox.gateway.connected).toBe(1);
    const asked = Date.now();
    npm.kill('SIGTERM');
    const [code] = await once(npm, 'close');
    expect(code).toBe(0);
    expect(Date.now() - asked).toBeLessThan(patienceMs);
    expect(output).toContain('Gavel has stopped');
  } finally {
    // The bot that npm has started does not hear of its end.
    endGroup(npm, 'SIGKILL');
  }
});

const refused = { status: 401, body: { message: '401: Unauthorized', code: 0 } };

test.for<DatabaseKind>(['pglite', 'postgres'])(
  'a token that Discord refuses ends the operation as failed, and the bot; a good one retries it (%s)',
  async (database) => {
    await using scene = await startScene({ database, channels: 3 });
    const { polls, begin } = await confirmed(scene, 12);
    const fault = scene.sandbox.faults.add({ match: asBot, skip: 5, ...refused });
    const progress = await begin();
    expect(await resultOf(progress)).toMatchObject({ word: 'failed' });
    expect(progress.text).toContain('token');
    expectCountsToAddUp(progress, 12);
    expect(await scene.bot.exited()).toBe(1);
    expectFatal(scene);
    fault.remove();
    await scene.start();
    const retried = await (await scene.admin.press(progress, 'Retry failed')).message();
    expect((await resultOf(retried)).word).toBe('completed');
    await until(scene, () => polls.every(({ message }) => isClosed(message)));
    if (database === 'pglite') await scene.bot.kill('SIGTERM');
    await expectVersions(scene, polls, { version: 2, status: 'closed' });
  },
);

test('a result that nobody could be shown for want of a token is shown after the next start', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 3 });
  const { begin } = await confirmed(scene, 12);
  const expired = { status: 401, body: { message: 'Invalid Webhook Token', code: 50027 } };
  const faults = [
    scene.sandbox.faults.add({ match: asBot, skip: 5, ...refused }),
    scene.sandbox.faults.add({ match: progressEdit(/./), ...expired }),
    scene.sandbox.faults.add({ match: ({ path }) => path === '/users/@me/channels', ...refused }),
  ];
  const progress = await begin();
  expect(await scene.bot.exited()).toBe(1);
  expect(progress.embeds[0]?.title).not.toContain('failed');
  for (const fault of faults) fault.remove();
  await scene.start();
  expect((await resultOf(progress)).word).toBe('failed');
  expectOneProgressMessage(scene, numberOf(progress));
  expect(progress.button('Retry failed')).toBeDefined();
});

test('a token that is refused while nothing runs ends the bot, and says which variable to mend', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 1 });
  const poll = await scene.createPoll(scene.guild.channels[0]!.id);
  const fault = scene.sandbox.faults.add({ match: asBot, ...refused });
  const voter = scene.sandbox.person({ name: 'Vic', permissions: permission.manageGuild });
  await voter.press(poll.message, 'Tea');
  expect(await scene.bot.exited()).toBe(1);
  expectFatal(scene);
  fault.remove();
  await scene.start();
  await poll.message.until(({ text }) => text.includes('1 vote'));
});

test('a gateway that refuses the token for good ends the bot', async () => {
  await using scene = await startScene({ database: 'postgres', channels: 1 });
  scene.sandbox.gateway.drop({ code: 4004 });
  expect(await scene.bot.exited()).toBe(1);
  expectFatal(scene);
});

function expectFatal(scene: BotScene): void {
  const fatal = scene.bot.log.filter(({ level }) => level === 60).map((line) => JSON.stringify(line));
  expect(fatal).toHaveLength(1);
  expect(fatal[0]).toMatch(/token/);
  expect(JSON.stringify(scene.bot.log) + scene.bot.stderr).not.toContain(scene.sandbox.token);
}

async function nthRequest(scene: BotScene, match: Match, nth: number): Promise<void> {
  await scene.sandbox.untilRequest(() => scene.sandbox.requests.filter(match).length >= nth);
}

async function until(scene: BotScene, holds: () => boolean): Promise<void> {
  await scene.sandbox.untilRequest(holds, 20_000);
}
