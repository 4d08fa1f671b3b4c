import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { connect } from './support.ts';

/** Sends 70 requests, one every 22 ms, and posts their statuses. */
const steadyClient = `
  const { parentPort, workerData: { url, token } } = require('node:worker_threads');
  const sent = [];
  const timer = setInterval(async () => {
    sent.push(fetch(url, { headers: { authorization: 'Bot ' + token } }).then(({ status }) => status));
    if (sent.length === 10) parentPort.postMessage('under way');
    if (sent.length < 70) return;
    clearInterval(timer);
    parentPort.postMessage(await Promise.all(sent));
  }, 22);`;

test('requests sent within the limit are within it, however busy the process is that answers them', async () => {
  const sandbox = await startSandbox({ latency: 20, frontDoor: true });
  const client = new Worker(steadyClient, {
    eval: true,
    workerData: { url: `${sandbox.apiUrl}/v10/users/@me`, token: sandbox.token },
  });
  const statuses = await new Promise<number[]>((resolve) => {
    client.on('message', (said) => {
      if (said === 'under way') beBusy(500);
      else resolve(said);
    });
  });
  expect(statuses).toHaveLength(70);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  await sandbox.close();
});

test('the front door passes everything on, and cuts what is cut behind it', async () => {
  const sandbox = await startSandbox({ frontDoor: true });
  const guild = sandbox.addGuild({ channels: 1 });
  const client = await connect(sandbox);
  const channel = await client.channels.fetch(guild.channels[0]!.id);
  if (!channel?.isSendable()) throw new Error('not sendable');
  await channel.send({ content: 'first', files: [{ attachment: Buffer.from('file'), name: 'a.txt' }] });
  sandbox.faults.add({ match: { method: 'POST' }, times: 1, loseReply: true });
  const cut = fetch(`${sandbox.apiUrl}/v10/channels/${channel.id}/messages`, { method: 'POST', body: '{}' });
  await expect(cut).rejects.toThrow();
  await (await channel.send('second')).delete();
  expect(guild.channels[0]!.messages.map(({ content }) => content)).toEqual(['first']);
  expect(guild.channels[0]!.messages[0]!.attachments[0]!.data.toString()).toBe('file');
  expect(sandbox.violations).toEqual([]);
  await client.destroy();
  await sandbox.close();
});

function beBusy(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
