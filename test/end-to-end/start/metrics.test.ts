import { expect, test } from 'vitest';
import { startScene } from '../../support/bot-scene.ts';
import { freePort } from '../../support/free-port.ts';

test('the bot tells its health and its numbers on METRICS_PORT, and a second one is refused the port in words', async () => {
  const port = await freePort();
  await using scene = await startScene({ database: 'postgres', env: { METRICS_PORT: String(port) } });
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  expect((await ask('/healthz')).status).toBe(200);
  expect(await ask('/readyz')).toEqual({
    status: 200,
    text: '{"status":"ok","database":"ok","gateway":"ok"}\n',
  });
  const polls = await scene.createPolls(3);
  const preview = await scene.preview('close', { polls: polls.map(({ id }) => id).join(' ') });
  await scene.admin.press(preview, 'Confirm');
  const progress = await scene.progress();
  await progress.until(({ text }) => text.includes('completed'));
  const { text } = await ask('/metrics');
  expect(text).toContain('gavel_operations_total{kind="close",outcome="completed"} 1\n');
  expect(text).toContain('gavel_polls_total{kind="close",outcome="done"} 3\n');
  expect(text).toContain('gavel_gateway_shards{status="ready"} 1\n');
  expect(text).toMatch(/gavel_discord_requests_total\{kind="edit",status="200"\} \d+/);
  expect(text).not.toContain(scene.sandbox.token);
  const second = scene.launch();
  expect(await second.exited()).toBe(1);
  expect(second.stderr).toContain(`Cannot listen on 127.0.0.1:${port} (METRICS_HOST, METRICS_PORT)`);
  expect(second.stderr).not.toContain('    at ');
});
