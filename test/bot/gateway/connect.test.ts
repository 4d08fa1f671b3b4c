import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { Client } from 'discord.js';
import { afterEach, expect, test } from 'vitest';
import { CannotStart } from '../../../src/base/errors.ts';
import { createLogger } from '../../../src/base/log.ts';
import { connect, createClient, disconnect } from '../../../src/bot/gateway/client.ts';
import { type Reply, restServer } from '../../delivery/rest-server.ts';
import { inNoTime } from '../../support/in-no-time.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test('a gateway where nobody listens ends the start after 25 s, with its host and the reason', async () => {
  const scene = await connecting('ws://127.0.0.1:1');
  const [, shard] = await once(scene.client, 'shardError');
  expect(shard).toBe(0);
  await scene.clock.advance(24_999);
  expect(scene.ended()).toBe(false);
  await scene.clock.advance(1);
  await expect(scene.connected).rejects.toThrow(
    'Cannot connect to Discord: its API answers, but no connection to its gateway at 127.0.0.1:1 came about in 25 s ' +
      '(connect ECONNREFUSED 127.0.0.1:1). Let WebSocket connections to that host through',
  );
  await expect(scene.connected).rejects.toBeInstanceOf(CannotStart);
});

test('a gateway that lets nobody in ends the start after 75 s', async () => {
  const refusing = await listening(createServer((socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')));
  const scene = await connecting(refusing);
  await once(scene.client, 'shardError');
  await scene.clock.advance(74_999);
  expect(scene.ended()).toBe(false);
  await scene.clock.advance(1);
  await expect(scene.connected).rejects.toThrow('in 75 s (Unexpected server response: 403)');
});

// Left alone, the client waits for half a minute for the other side to close.
test('a gateway that takes the connection and says nothing ends the start after 75 s, and does not hold it up', {
  timeout: 20_000,
}, async () => {
  const { promise: accepted, resolve: accept } = Promise.withResolvers<void>();
  const silent = createServer((socket) => {
    socket.once('data', (request) => {
      const key = /sec-websocket-key: (.*)\r\n/i.exec(request.toString())![1]!;
      const answer = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
      socket.write(`${upgrade}Sec-WebSocket-Accept: ${answer}\r\n\r\n`);
      accept();
    });
    socket.on('error', () => socket.destroy());
  });
  const scene = await connecting(await listening(silent));
  await accepted;
  await scene.clock.advance(75_000);
  await expect(scene.connected).rejects.toThrow('in 75 s (it takes connections and lets none in)');
  await disconnect(scene.client);
});

test('each shard that becomes ready begins the wait anew, once', async () => {
  const silent = await listening(createServer());
  const scene = await connecting(silent);
  await scene.clock.advance(70_000);
  scene.client.emit('shardReady', 0, new Set());
  await scene.clock.advance(70_000);
  scene.client.emit('shardReady', 0, new Set());
  await scene.clock.advance(4_999);
  expect(scene.ended()).toBe(false);
  await scene.clock.advance(1);
  await expect(scene.connected).rejects.toThrow('after 1 shard its gateway at 127.0.0.1');
});

test('of a shard that is away, the first reason is a warning, whatever was logged before', async () => {
  const lines: { level: number; msg: string; shard: number; reason?: string }[] = [];
  const log = createLogger('debug', { write: (line: string) => lines.push(JSON.parse(line)) });
  const client = createClient({ rest: {}, shards: { count: null, ids: null }, log });
  ends.push(() => disconnect(client));
  for (const _ of [1, 2]) {
    client.emit('shardReconnecting', 3);
    client.emit('shardError', new Error('no route'), 3);
  }
  client.emit('shardResume', 3, 0);
  client.emit('shardError', new Error('again'), 3);
  expect(lines.map(({ level, msg, reason }) => [level, msg, reason])).toEqual([
    [40, 'shard reconnecting', undefined],
    [40, 'shard error', 'no route'],
    [20, 'shard reconnecting', undefined],
    [20, 'shard error', 'no route'],
    [30, 'shard resumed', undefined],
    [40, 'shard error', 'again'],
  ]);
});

test.for<[string, Reply]>([
  ['a page', { status: 200, page: '<html>welcome</html>' }],
  ['JSON of something else', { status: 200, body: {} }],
  ['a list', { status: 200, body: [1] }],
  [
    'what only says that it is JSON',
    { status: 200, headers: { 'content-type': 'application/json' }, page: '<' },
  ],
  ['a gateway without an address', { status: 200, body: { ...gateway('nowhere') } }],
  ['nothing', { status: 204 }],
  ['a redirect', { status: 302, headers: { location: 'https://example.com/' } }],
])('DISCORD_API_URL that answers with %s is no API of Discord', async ([, reply]) => {
  const { connected, host } = await asking(reply);
  await expect(connected).rejects.toThrow(
    `Cannot connect to Discord: what answers at ${host} (DISCORD_API_URL) is no API of Discord.`,
  );
});

test.for<[string, Reply]>([
  ['page', { status: 403, page: '<html>forbidden</html>' }],
  ['JSON of another API', { status: 403, body: { error: 'forbidden' } }],
  ['refusal as Discord words it', { status: 403, body: { message: 'Missing Access', code: 50001 } }],
])('a 403 with a %s leads to DISCORD_API_URL too', async ([, reply]) => {
  const parts = await asking(reply, inNoTime());
  await expect(parts.connected).rejects.toThrow(/^Cannot connect to Discord: .*DISCORD_API_URL/);
});

function gateway(url: string) {
  const limit = { total: 1000, remaining: 999, reset_after: 60_000, max_concurrency: 1 };
  return { url, shards: 1, session_start_limit: limit };
}

/** A client on its way to the gateway at `url`, over a clock that stands still. */
async function connecting(url: string) {
  const clock = new ManualClock();
  let ended = false;
  const { client, connected } = await asking({ status: 200, body: gateway(url) }, { ...inNoTime(), clock });
  const over = () => {
    ended = true;
  };
  connected.then(over, over);
  await expect.poll(() => clock.sleeping).toBe(1);
  return { client, clock, connected, ended: () => ended };
}

/** A client that connects to an API that answers everything with `reply`. */
async function asking(reply: Reply, patience = inNoTime()) {
  const server = await restServer(() => reply);
  ends.push(server.close);
  const client = createClient({
    rest: { api: server.api, retries: 0 },
    shards: { count: null, ids: null },
    log: createLogger('silent'),
  });
  ends.push(() => disconnect(client));
  return { client, connected: connect(client, 'abc', patience), host: new URL(server.api).host };
}

async function once(client: Client, event: 'shardError'): Promise<[Error, number]> {
  return await new Promise((resolve) => client.once(event, (error, shard) => resolve([error, shard])));
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  ends.push(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
}
