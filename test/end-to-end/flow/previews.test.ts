import { afterEach, expect, test } from 'vitest';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { type BotScene, startScene } from '../../support/bot-scene.ts';
import type { Match } from '../support/crash.ts';

let scene: BotScene;
afterEach(() => scene?.close());

/** The edit that enables `Confirm`. */
const enabling: Match = ({ method, route, body }) =>
  method === 'PATCH' &&
  route === '/webhooks/:application/:token/messages/:message' &&
  /"label":"Confirm"[^}]*"disabled":false/.test(JSON.stringify(body));

const enabled = (message: SandboxMessage) => message.button('Confirm')?.disabled === false;

async function preview(): Promise<SandboxMessage> {
  const [poll] = await scene.createPolls(1);
  return await scene.preview('close', { polls: String(poll!.id) });
}

test.each(['loseReply', 'loseRequest', '503'] as const)(
  'Confirm is enabled although the edits that do it are lost (%s)',
  async (how) => {
    scene = await startScene({ env: { BULK_CONFIRM_DELAY_SECONDS: '1' } });
    const lost = scene.sandbox.faults.add({
      match: enabling,
      times: 6,
      ...(how === '503' ? { status: 503 } : { [how]: true }),
    });
    const shown = await preview();
    await shown.until((message) => enabled(message) && lost.hits === 6, 30_000);
  },
);

test('the preview of a killed process is enabled by another one', async () => {
  scene = await startScene({ database: 'postgres', env: { BULK_CONFIRM_DELAY_SECONDS: '5' } });
  const shown = await preview();
  await scene.bot.kill('SIGKILL');
  expect(enabled(shown)).toBe(false);
  await scene.start();
  await shown.until(enabled, 20_000);
});

test('Confirm is enabled also where the answer itself arrives after the edit that does it', async () => {
  scene = await startScene({ env: { BULK_CONFIRM_DELAY_SECONDS: '1' } });
  const answering: Match = ({ method, route, body }) =>
    method === 'PATCH' &&
    route === '/webhooks/:application/:token/messages/:message' &&
    /"label":"Confirm"[^}]*"disabled":true/.test(JSON.stringify(body));
  const lost = scene.sandbox.faults.add({ match: answering, times: 3, status: 503 });
  const [poll] = await scene.createPolls(1);
  const shown = await scene.preview('close', { polls: String(poll!.id) });
  await shown.until((message) => lost.hits === 3 && message.button('Confirm')?.disabled === true, 20_000);
  await shown.until(enabled, 20_000);
});
