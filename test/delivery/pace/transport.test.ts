import { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import { afterEach, describe, expect, test } from 'vitest';
import { Pace } from '../../../src/delivery/pace/pace.ts';
import { RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import { restOptions, type SentRequest } from '../../../src/delivery/pace/transport.ts';
import { priorityHeader, sendBeforeHeader } from '../../../src/delivery/rest-calls.ts';
import { discordFailure } from '../../../src/delivery/sending/discord-outcome.ts';
import { type Received, type Reply, restServer } from '../rest-server.ts';
import { channelId, messageIdAt } from '../snowflakes.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(reply: (request: Received, nth: number) => Reply | Promise<Reply>, interval = 5) {
  const server = await restServer(reply);
  closing.push(server.close);
  const rateLimits = new RateLimits();
  const observed: SentRequest[] = [];
  const pace = new Pace({ gapMs: interval });
  const options = restOptions({ apiUrl: server.api, pace, rateLimits, observe: (one) => observed.push(one) });
  const rest = new REST(options).setToken('bot-token');
  return { rest, rateLimits, pace, observed, received: server.received };
}

const message = (serial: number) =>
  Routes.channelMessage(channelId(1), messageIdAt(Date.now() - 1_000, serial));
const ok: Reply = { status: 200, body: { id: '1' } };

async function failureOf(call: Promise<unknown>) {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  return discordFailure(error, { channelId: channelId(1) });
}

describe('the transport', () => {
  test('takes its private headers off', async () => {
    const { rest, received } = await setUp(() => ok);
    await rest.patch(message(1), {
      body: {},
      headers: { [priorityHeader]: '3', [sendBeforeHeader]: String(performance.now() + 60_000) },
    });
    expect(Object.keys(received[0]!.headers).filter((name) => name.startsWith('x-gavel'))).toEqual([]);
    expect(received[0]!.headers.authorization).toBe('Bot bot-token');
  });

  test('lets people go first, then the highest priority, and starts requests apart', async () => {
    const { rest, received, pace } = await setUp(() => ok, 20);
    const order: string[] = [];
    const calls = [1, 5, 9, 5, null].map((priority, i) =>
      rest
        .patch(Routes.channelMessage(channelId(i), messageIdAt(Date.now())), {
          body: { name: String(priority ?? 'person') },
          headers: priority === null ? {} : { [priorityHeader]: String(priority) },
        })
        .then(() => undefined),
    );
    await Promise.all(calls);
    for (const { body } of received) order.push(JSON.parse(body.toString()).name);
    // The first to come found the pace free.
    expect(order).toEqual(['1', 'person', '9', '5', '5']);
    expect(received.at(-1)!.at - received[0]!.at).toBeGreaterThanOrEqual(60);
    expect(pace.waiting).toBe(0);
  });

  test('does not hold a slot until the answer', async () => {
    const gate = Promise.withResolvers<Reply>();
    const { rest, received } = await setUp(({ path }) => (path.includes(channelId(1)) ? gate.promise : ok));
    const slow = rest.patch(message(1), { body: {} });
    await rest.patch(Routes.channelMessage(channelId(2), messageIdAt(Date.now())), { body: {} });
    gate.resolve(ok);
    await slow;
    expect(received).toHaveLength(2);
  });

  test('lets interactions pass by the pace', async () => {
    const { rest, received, pace } = await setUp(() => ok);
    pace.pause(60_000);
    await rest.post(Routes.interactionCallback(channelId(3), 'interaction-token'), { body: {}, auth: false });
    await rest.patch(Routes.webhookMessage(channelId(4), 'interaction-token'), { body: {}, auth: false });
    expect(received.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  test('rejects a 429 of a message at once, with the longer of the two waits', async () => {
    const { rest, rateLimits, received } = await setUp(() => ({
      status: 429,
      headers: { 'retry-after': '1', 'x-ratelimit-scope': 'user' },
      body: { message: 'You are being rate limited.', retry_after: 3.5, global: false },
    }));
    const { outcome } = await failureOf(rest.patch(message(1), { body: {} }));
    expect(outcome).toMatchObject({ type: 'retry', code: '429', attempt: false });
    expect(outcome.type === 'retry' && outcome.afterMs).toBeGreaterThanOrEqual(3_500);
    expect(rateLimits.delay(channelId(1), 'edit', performance.now())).toBeGreaterThan(3_000);
    expect(rateLimits.delay(channelId(1), 'post', performance.now())).toBe(0);
    expect(received).toHaveLength(1);
  });

  test.each([
    [
      'opens a thread',
      (rest: REST) => rest.patch(Routes.channel(channelId(1)), { body: { archived: false } }),
    ],
    ['opens a direct channel', (rest: REST) => rest.post(Routes.userChannels(), { body: {} })],
    ['asks whether Discord is there', (rest: REST) => rest.get(Routes.user())],
  ])('rejects a 429 at once to what %s: a wait inside discord.js nobody can stop', async (_, call) => {
    const { rest } = await setUp(() => ({
      status: 429,
      headers: {
        'retry-after': '60',
        'x-ratelimit-limit': '5',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset-after': '60',
      },
      body: { message: 'You are being rate limited.', retry_after: 60, global: false },
    }));
    const { outcome } = await failureOf(call(rest));
    expect(outcome).toMatchObject({ type: 'retry', code: '429', attempt: false });
    expect(outcome.type === 'retry' && outcome.afterMs).toBeGreaterThan(59_000);
    // What it knows of the limit then, it does not wait for either.
    expect((await failureOf(call(rest))).outcome).toMatchObject({ type: 'retry', code: '429' });
  });

  test('holds everything back after a global 429', async () => {
    const { rest, rateLimits, received } = await setUp((_request, nth) =>
      nth === 1
        ? { status: 429, headers: { 'retry-after': '0.3' }, body: { retry_after: 0.3, global: true } }
        : ok,
    );
    await failureOf(rest.patch(message(1), { body: {} }));
    expect(rateLimits.delay(channelId(2), 'delete', performance.now())).toBeGreaterThan(0);
    await rest.get(Routes.channel(channelId(2)));
    expect(received[1]!.at - received[0]!.at).toBeGreaterThanOrEqual(290);
  });

  test('takes a 429 that does not say how long for the edge: one at a time tries, interactions too', async () => {
    let edge = true;
    const { rest, rateLimits, received, pace } = await setUp(() =>
      edge ? { status: 429, page: '<html><title>error code: 1015</title></html>' } : ok,
    );
    const { outcome } = await failureOf(rest.patch(message(1), { body: {} }));
    expect(outcome).toMatchObject({ type: 'retry', code: '429', attempt: false });
    expect(rateLimits.delay(channelId(7), 'delete', performance.now())).toBeGreaterThan(500);
    const others = [2, 3, 4].map((i) =>
      rest.patch(Routes.channelMessage(channelId(i), messageIdAt(Date.now())), { body: {} }),
    );
    const press = rest.post(Routes.interactionCallback(channelId(5), 'a-token'), { body: {}, auth: false });
    expect(await failureOf(press)).toMatchObject({ outcome: { type: 'retry', code: '429' } });
    expect(received.map(({ method }) => method)).toEqual(['PATCH', 'POST']);
    expect(received[1]!.at - received[0]!.at).toBeGreaterThanOrEqual(1_000);
    edge = false;
    await Promise.all(others);
    expect(received).toHaveLength(5);
    expect(received[2]!.at - received[1]!.at).toBeGreaterThanOrEqual(2_000);
    expect(pace.invalidRequests).toBe(2);
  });

  test('counts what earns a ban, and what others used up does not', async () => {
    const answers: Reply[] = [
      { status: 403, body: { code: 50001, message: 'Missing Access' } },
      { status: 404, body: { code: 10008, message: 'Unknown Message' } },
      { status: 429, headers: { 'x-ratelimit-scope': 'shared' }, body: { retry_after: 0.01 } },
      { status: 429, headers: { 'x-ratelimit-scope': 'user' }, body: { retry_after: 0.01 } },
      ok,
    ];
    const { rest, pace } = await setUp((_request, nth) => answers[nth - 1]!);
    for (let i = 0; i < answers.length; i += 1) {
      const channel = Routes.channelMessage(channelId(i), messageIdAt(Date.now()));
      await rest.patch(channel, { body: {} }).catch(() => undefined);
    }
    expect(pace.invalidRequests).toBe(2);
  });

  test('learns the limits from the headers and keeps them from discord.js', async () => {
    const { rest, rateLimits, received } = await setUp(() => ({
      ...ok,
      headers: {
        'x-ratelimit-limit': '5',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset-after': '4.000',
        'x-ratelimit-bucket': 'same-for-post-and-patch',
      },
    }));
    await rest.patch(message(1), { body: {} });
    expect(rateLimits.delay(channelId(1), 'edit', performance.now())).toBeGreaterThan(3_500);
    await rest.post(Routes.channelMessages(channelId(1)), { body: {} });
    await rest.delete(message(2));
    expect(received).toHaveLength(3);
    expect(rateLimits.delay(channelId(1), 'delete', performance.now())).toBeGreaterThan(3_500);
  });

  test('does not repeat by itself what failed with 5xx', async () => {
    const { rest, received, observed } = await setUp(() => ({ status: 503, body: {} }));
    const { outcome, unknown } = await failureOf(rest.patch(message(1), { body: {} }));
    expect(outcome).toMatchObject({ type: 'retry', code: '503', attempt: true });
    expect(unknown).toBe(true);
    expect(received).toHaveLength(1);
    expect(observed).toMatchObject([{ kind: 'edit', status: 503 }]);
  });

  test('tells a broken connection from an answer', async () => {
    const { rest } = await setUp(() => new Promise<Reply>(() => undefined));
    const call = failureOf(rest.patch(message(1), { body: {} }));
    while (closing.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await closing.pop()!();
    expect(await call).toMatchObject({ outcome: { type: 'retry', attempt: true }, unknown: true });
  });

  test('does not send at all what waited too long for its turn', async () => {
    const { rest, received, rateLimits } = await setUp(() => ok);
    const { outcome, unknown } = await failureOf(
      rest.patch(message(1), { body: {}, headers: { [sendBeforeHeader]: String(performance.now() - 1) } }),
    );
    expect(outcome).toMatchObject({ type: 'retry', attempt: false });
    expect(unknown).toBe(false);
    expect(received).toEqual([]);
    expect(rateLimits.delay(channelId(1), 'edit', performance.now())).toBe(0);
  });

  test('passes an answer without a body and an old message on as they are', async () => {
    const { rest, observed } = await setUp(() => ({ status: 204 }));
    await rest.delete(message(1));
    await rest.patch(Routes.channelMessage(channelId(1), messageIdAt(Date.now() - 2 * 3_600_000)), {
      body: {},
    });
    expect(observed.map(({ kind, status }) => [kind, status])).toEqual([
      ['delete', 204],
      ['edit-old', 204],
    ]);
  });
});
