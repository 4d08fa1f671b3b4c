import { REST } from '@discordjs/rest';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { createLogger } from '../../../src/base/log.ts';
import { registerCommands } from '../../../src/bot/gateway/register-commands.ts';
import { inNoTime } from '../../support/in-no-time.ts';

const definitions = [{ name: 'poll', description: 'Polls' }];
const entryPoint = { name: 'launch', type: 4, handler: 2, contexts: [0], integration_types: [0, 1] };

let sandbox: Sandbox;
let rest: REST;
beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  rest = new REST({ api: sandbox.apiUrl, retries: 0 }).setToken(sandbox.token);
});
afterEach(async () => {
  await sandbox.close();
});

test('an Entry Point that the application has is kept as it is, and is no change', async () => {
  await add(entryPoint);
  const [before] = await registered();
  expect(await register()).toBe(true);
  expect(await register()).toBe(false);
  const after = await registered();
  expect(after.map(({ name }) => name)).toEqual(['poll', 'launch']);
  expect(after[1]).toEqual({ ...before, version: expect.anything() });
  expect(sandbox.violations).toEqual([]);
});

test('other commands that the application has are replaced, and named in the log', async () => {
  await add({ name: 'play', description: 'Music' });
  await add({ name: 'Translate', type: 3 });
  const written: string[] = [];
  await register(createLogger('info', { write: (line: string) => void written.push(line) }));
  expect((await registered()).map(({ name }) => name)).toEqual(['poll']);
  expect(written.map((line) => JSON.parse(line))).toMatchObject([{ removed: ['play', 'Translate'] }]);
});

test.for([
  ['503', { status: 503 }],
  ['429 of the edge, without headers', { status: 429, body: { message: 'slow down' } }],
  ['a page of a proxy', { status: 502, body: '<html>bad gateway</html>' }],
  ['a lost connection', { loseRequest: true }],
  ['a lost answer', { loseReply: true }],
] as const)('%s while they are looked at and registered is no end: it is tried again', async ([, fault]) => {
  for (const method of ['GET', 'PUT'])
    sandbox.faults.add({ match: { method, path: /commands$/ }, times: 3, ...fault });
  expect(await register()).toBe(true);
  expect((await registered()).map(({ name }) => name)).toEqual(['poll']);
});

test('a refusal is not tried again', async () => {
  const body = { message: 'Invalid Form Body', code: 50035 };
  const fault = sandbox.faults.add({ match: { method: 'PUT', path: /commands$/ }, status: 400, body });
  await expect(register()).rejects.toThrow('Invalid Form Body');
  expect(fault.hits).toBe(1);
});

async function register(log?: ReturnType<typeof createLogger>): Promise<boolean> {
  return await registerCommands(rest, sandbox.world.applicationId, definitions, inNoTime(log));
}

async function add(command: object): Promise<void> {
  await rest.post(`/applications/${sandbox.world.applicationId}/commands`, { body: command });
}

async function registered(): Promise<{ name: string }[]> {
  const answer = await rest.get(`/applications/${sandbox.world.applicationId}/commands`);
  return answer as { name: string }[];
}
