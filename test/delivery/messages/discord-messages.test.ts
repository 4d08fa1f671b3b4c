import { REST } from '@discordjs/rest';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { discordMessages } from '../../../src/delivery/messages/discord-messages.ts';
import { Pace } from '../../../src/delivery/pace/pace.ts';
import { RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import { restOptions } from '../../../src/delivery/pace/transport.ts';
import { type Received, type Reply, restServer } from '../rest-server.ts';
import { channelId, messageIdAt } from '../snowflakes.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const application = channelId(50);
const channel = channelId(51);
const posted = messageIdAt(Date.now() - 1_000);

async function setUp(
  reply: (request: Received, nth: number) => Reply = () => sentReply,
  more: Partial<Parameters<typeof discordMessages>[0]> = {},
) {
  const server = await restServer(reply);
  closing.push(server.close);
  const rateLimits = new RateLimits();
  const options = restOptions({ apiUrl: server.api, pace: new Pace({ gapMs: 1 }), rateLimits });
  const rest = new REST(options).setToken('bot-token');
  const messages = discordMessages({
    rest,
    rateLimits,
    clock: systemClock,
    applicationId: () => application,
    botId: () => bot,
    ...more,
  });
  return { messages, rateLimits, received: server.received };
}

const bot = '900000000000000099';
const sentReply: Reply = { status: 200, body: { id: posted, channel_id: channel } };
const sent = { type: 'sent', channelId: channel, messageId: posted };

function bodyOf({ body }: Received) {
  return JSON.parse(body.toString());
}

describe('messages beside the polls', () => {
  test('edit the first response by its token, without the token of the bot', async () => {
    const { messages, received } = await setUp();
    expect(await messages.editByToken('secret', '@original', { content: 'half' })).toEqual(sent);
    expect(received[0]).toMatchObject({ method: 'PATCH' });
    expect(received[0]!.path).toMatch(
      new RegExp(`/webhooks/${application}/secret/messages/(@|%40)original$`),
    );
    expect(received[0]!.headers.authorization).toBeUndefined();
    expect(bodyOf(received[0]!)).toEqual({
      content: 'half',
      embeds: [],
      components: [],
      attachments: [],
      allowed_mentions: { parse: [] },
    });
  });

  test('follow up privately, with files', async () => {
    const { messages, received } = await setUp();
    const files = [{ name: 'report.csv', data: Buffer.from('a,b\r\n1,2\r\n') }];
    expect(await messages.followUp('secret', { content: 'The report', files })).toEqual(sent);
    const text = received[0]!.body.toString();
    expect(received[0]!.headers['content-type']).toMatch(/^multipart\/form-data/);
    expect(text).toContain('filename="report.csv"');
    expect(text).toContain('a,b\r\n1,2\r\n');
    expect(text).toContain('"flags":64');
    expect(text).toContain('"allowed_mentions":{"parse":[]}');
  });

  test('ping nobody but the one role named', async () => {
    const { messages, received } = await setUp();
    await messages.post(channel, { content: '@everyone <@&7>', mentionRoleId: '7' }, 'nonce');
    await messages.post(channel, { content: '@everyone <@&7>' }, 'other');
    expect(received.map((one) => bodyOf(one).allowed_mentions)).toEqual([
      { parse: [], roles: ['7'] },
      { parse: [] },
    ]);
    expect(bodyOf(received[0]!)).toMatchObject({ nonce: 'nonce', enforce_nonce: true });
  });

  test('reach a person directly', async () => {
    const { messages, received } = await setUp((_request, nth) =>
      nth === 1 ? { status: 200, body: { id: channel } } : sentReply,
    );
    expect(await messages.direct('77', { content: 'done' }, 'n')).toEqual(sent);
    expect(bodyOf(received[0]!)).toEqual({ recipient_id: '77' });
    expect(received[1]!.path).toContain(`/channels/${channel}/messages`);
  });

  test('say that Discord refuses for good', async () => {
    const { messages } = await setUp(() => ({ status: 403, body: { code: 50007, message: 'Cannot send' } }));
    expect(await messages.direct('77', { content: 'done' }, 'n')).toMatchObject({
      type: 'refused',
      code: '50007',
    });
  });

  test('an expired token is refused, and the bot keeps its own', async () => {
    const { messages, received } = await setUp((_request, nth) =>
      nth === 1 ? { status: 401, body: { code: 50027, message: 'Invalid Webhook Token' } } : sentReply,
    );
    expect(await messages.editByToken('old', '@original', {})).toMatchObject({
      type: 'refused',
      code: '50027',
    });
    expect(await messages.edit(channel, posted, { content: 'as the bot' })).toEqual(sent);
    expect(received[1]!.headers.authorization).toBe('Bot bot-token');
  });

  test('come back later after 5xx and limits', async () => {
    const { messages, rateLimits, received } = await setUp(() => ({ status: 500, body: {} }));
    expect(await messages.originalOf('secret')).toMatchObject({ type: 'retry' });
    rateLimits.pauseAll(Date.now(), 9_000);
    const held = await messages.edit(channel, posted, {});
    expect(held.type === 'retry' && held.afterMs).toBeGreaterThan(8_000);
    expect(received).toHaveLength(1);
  });

  test('open a thread that fell asleep', async () => {
    const replies: Reply[] = [
      { status: 400, body: { code: 50083, message: 'Thread is archived' } },
      { status: 200, body: { id: channel } },
      sentReply,
    ];
    const { messages, received } = await setUp((_request, nth) => replies[nth - 1]!);
    expect(await messages.edit(channel, posted, { content: 'half' })).toEqual(sent);
    expect(received.map(({ path }) => path.replace(/^.*\/channels/, ''))).toEqual([
      `/${channel}/messages/${posted}`,
      `/${channel}`,
      `/${channel}/messages/${posted}`,
    ]);
    expect(bodyOf(received[1]!)).toEqual({ archived: false });
  });

  test('are refused where Discord left their embed out, and show one again that was hidden', async () => {
    const body = { embeds: [{ title: 'Operation #1' }] };
    const { messages, received } = await setUp(() => ({
      status: 200,
      body: { id: posted, channel_id: channel, embeds: [] },
    }));
    expect(await messages.edit(channel, posted, body)).toEqual({
      type: 'refused',
      code: '50013',
      reason: `the bot lacks Embed Links in <#${channel}>`,
    });
    expect(bodyOf(received[0]!)).toMatchObject({ flags: 0 });
  });

  test('are not sent where the gateway tells that their embed would be left out', async () => {
    const { messages, received } = await setUp(() => sentReply, {
      obstacle: () => ({ right: 'embed', permissions: ['Embed Links'], timedOutUntil: null }),
    });
    expect(await messages.post(channel, { embeds: [{ title: 'x' }] }, 'n')).toMatchObject({
      type: 'refused',
    });
    expect(received).toEqual([]);
    expect(await messages.post(channel, { content: 'x' }, 'n')).toEqual(sent);
  });

  test('are posted again as soon as the gateway tells that the right is back', async () => {
    let allowed = false;
    const { messages, received } = await setUp(
      () => (allowed ? sentReply : { status: 403, body: { code: 50013, message: 'Missing Permissions' } }),
      {
        obstacle: () =>
          allowed ? null : { right: 'post', permissions: ['Send Messages'], timedOutUntil: null },
      },
    );
    for (const nonce of ['a', 'b'])
      expect(await messages.post(channel, { content: 'x' }, nonce)).toMatchObject({ type: 'refused' });
    expect(received).toHaveLength(1);
    allowed = true;
    expect(await messages.post(channel, { content: 'x' }, 'c')).toEqual(sent);
  });
});
