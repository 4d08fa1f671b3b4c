import { RateLimitError } from '@discordjs/rest';
import { describe, expect, test } from 'vitest';
import { NotSentError } from '../../../src/delivery/rest-calls.ts';
import type { Obstacle } from '../../../src/delivery/rights.ts';
import { discordFailure } from '../../../src/delivery/sending/discord-outcome.ts';
import { lostAnswer, refusal, serverError } from '../fake-discord.ts';

const channel = { channelId: '200000000000000001' };

describe('what Discord answers', () => {
  test.each([
    [50001, 'view', 'no access to <#200000000000000001>'],
    [10003, 'view', 'the channel <#200000000000000001> no longer exists'],
    [50083, 'open', 'the thread <#200000000000000001> is archived and locked'],
    [160005, 'edit', 'the thread <#200000000000000001> is locked, and the bot lacks Manage Threads'],
    [
      160006,
      'open',
      'the server has too many active threads: the thread <#200000000000000001> is archived and can be opened once others are archived',
    ],
    [50006, 'embed', 'the bot lacks Embed Links in <#200000000000000001>'],
  ] as const)('%i refuses a right in the whole channel: %s', (code, right, reason) => {
    const { outcome, unknown } = discordFailure(refusal(403, code, 'x'), { ...channel, asked: 'edit' });
    expect(outcome).toEqual({ type: 'failed', code: String(code), right, reason, scope: 'channel' });
    expect(unknown).toBe(false);
  });

  test.each(['post', 'edit', 'delete', 'open'] as const)(
    '50013 refuses what was asked, %s, and nothing else',
    (asked) => {
      const missing = refusal(403, 50013, 'Missing Permissions');
      const { outcome } = discordFailure(missing, { ...channel, asked });
      expect(outcome).toMatchObject({ type: 'failed', scope: 'channel', right: asked });
    },
  );

  test('a refusal is put in the words of what the gateway tells', () => {
    const missing = refusal(403, 50013, 'Missing Permissions');
    const obstacle = {
      right: 'post',
      permissions: ['Send Messages', 'Embed Links'],
      timedOutUntil: null,
    } as const;
    const reasonOf = (known: Obstacle) =>
      discordFailure(missing, { ...channel, asked: 'post', obstacle: known }).outcome.reason;
    expect(reasonOf(obstacle)).toBe('the bot lacks Send Messages and Embed Links in <#200000000000000001>');
    const timedOutUntil = new Date('2026-12-01T18:00:00Z');
    expect(reasonOf({ ...obstacle, timedOutUntil })).toBe(
      'the bot is timed out in the server of <#200000000000000001> until 2026-12-01 18:00 UTC',
    );
  });

  test.each([50005, 50035, 200000])('%i refuses one poll', (code) => {
    const { outcome } = discordFailure(refusal(400, code, 'Invalid Form Body\nembeds[0]: …'), channel);
    expect(outcome).toEqual({
      type: 'failed',
      code: String(code),
      reason: 'Discord refused: Invalid Form Body',
      scope: 'poll',
    });
  });

  test('a refused token ends everything, but that of an interaction does not', () => {
    expect(discordFailure(refusal(401, 0, '401: Unauthorized'), channel).outcome.type).toBe('abort');
    const erased = new Error('Expected token to be set for this request, but none was present');
    expect(discordFailure(erased, channel).outcome.type).toBe('abort');
    const { outcome } = discordFailure(refusal(401, 50027, 'Invalid Webhook Token'), {
      ...channel,
      auth: false,
    });
    expect(outcome).toMatchObject({ type: 'failed', code: '50027' });
  });

  test('a rate limit is no attempt and waits the longest time it names', () => {
    const error = new RateLimitError({
      timeToReset: 100,
      retryAfter: 2_050,
      sublimitTimeout: 2_050,
      limit: 5,
      method: 'PATCH',
      hash: '',
      url: '',
      route: '/channels/:id/messages/:id',
      majorParameter: '',
      global: false,
      scope: 'user',
    });
    expect(discordFailure(error, channel)).toMatchObject({
      outcome: { type: 'retry', afterMs: 2_050, code: '429', attempt: false },
      unknown: false,
    });
  });

  test.each([
    [403, 40004, 'Send messages has been temporarily disabled', { code: '40004', attempt: true }],
    [400, 40006, 'This feature has been temporarily disabled server-side', { code: '40006', attempt: true }],
    [
      400,
      20022,
      'This message cannot be edited due to announcement rate limits',
      { code: '20022', ofMessage: true },
    ],
    [
      400,
      20029,
      'The write action you are performing on the server has hit the write rate limit',
      { code: '429', attempt: false },
    ],
  ])('%i with %i (%s) is temporary, whatever the status', (status, code, words, expected) => {
    const { outcome, unknown } = discordFailure(refusal(status, code, words), { ...channel, asked: 'edit' });
    expect(outcome).toMatchObject({ type: 'retry', ...expected });
    expect(unknown).toBe(false);
  });

  test('5xx, time-outs and broken connections are attempts of unknown outcome', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const closed = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
    const wrapped = new TypeError('fetch failed', { cause: reset });
    const timeout = new DOMException('too late', 'TimeoutError');
    for (const error of [serverError(500), serverError(503), lostAnswer(), reset, closed, wrapped, timeout]) {
      expect(discordFailure(error, channel)).toMatchObject({
        outcome: { type: 'retry', attempt: true },
        unknown: true,
      });
    }
  });

  test.each([
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'EAI_AGAIN',
    'ENOTFOUND',
    'EPROTO',
    'HOSTNAME_MISMATCH',
    'HPE_INVALID_CONSTANT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
  ])('%s is the network’s trouble, wherever it stands', (code) => {
    const error = Object.assign(new Error(code), { code });
    const several = new AggregateError([new Error('one address'), error]);
    for (const one of [error, new TypeError('fetch failed', { cause: error }), several]) {
      expect(discordFailure(one, channel).outcome).toMatchObject({ type: 'retry', code: 'no answer' });
    }
  });

  test.each(['ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE', 'UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED'])(
    '%s is a bug of the caller',
    (code) => {
      const error = Object.assign(new TypeError(code), { code });
      expect(() => discordFailure(error, channel)).toThrow(code);
    },
  );

  test('what was never sent is no attempt', () => {
    expect(discordFailure(new NotSentError('late'), channel)).toMatchObject({
      outcome: { type: 'retry', attempt: false },
      unknown: false,
    });
  });

  test('a bug stays an exception', () => {
    expect(() => discordFailure(new TypeError('x is not a function'), channel)).toThrow(
      'x is not a function',
    );
    expect(() => discordFailure('text', channel)).toThrow();
  });
});
