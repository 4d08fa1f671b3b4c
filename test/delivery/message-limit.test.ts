import { describe, expect, test } from 'vitest';
import { isOfMessage, waitForMessage, withinPatience } from '../../src/delivery/message-limit.ts';

const shared = { shared: true, headerMs: 1_000, bodyMs: 1_163_097, remaining: 4 };

describe('a refused edit', () => {
  test.each([
    ['of a published message', { ...shared, code: 20028 }],
    [
      'of a published message, whatever the headers say',
      { ...shared, code: 20028, headerMs: null, remaining: 0 },
    ],
    ['of a published message by the older code', { ...shared, code: 20022, shared: false, remaining: null }],
    ['with room in the channel and a wait far above it', { ...shared, code: null, shared: false }],
  ])('%s is about this message', (_, answer) => {
    expect(isOfMessage(answer)).toBe(true);
  });

  test.each([
    ['that others caused', { ...shared, code: null, bodyMs: 3_000, remaining: 0 }],
    ['with nothing left in the channel', { ...shared, code: null, remaining: 0 }],
    ['whose header and body differ by seconds', { ...shared, code: null, bodyMs: 5_000 }],
    ['of an old message', { ...shared, code: 30046, shared: false }],
    ['by the write limit of the channel', { ...shared, code: 20028, shared: false, bodyMs: 300 }],
  ])('%s is about the channel', (_, answer) => {
    expect(isOfMessage(answer)).toBe(false);
  });

  test('is waited for up to two minutes by an operation, then fails in words', () => {
    const short = waitForMessage({ afterMs: 120_000, code: 20028 });
    expect(withinPatience(short)).toBe(short);
    const words = 'its message is published; Discord takes about 3 edits an hour of it, try again in';
    const failed = { type: 'failed', code: '20028', scope: 'poll' };
    expect(withinPatience(waitForMessage({ afterMs: 120_001, code: 20028 }))).toEqual({
      ...failed,
      reason: `${words} 5 min`,
    });
    expect(withinPatience(waitForMessage({ afterMs: null, code: 20028 }))).toEqual({
      ...failed,
      reason: `${words} 20 min`,
    });
    expect(withinPatience(waitForMessage({ afterMs: 3_600_000, code: null }))).toMatchObject({
      reason: 'Discord takes no edit of its message for now, try again in 60 min',
    });
  });
});
