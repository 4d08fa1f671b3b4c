import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Reply } from '../../../src/bot/answer/reply.ts';
import type { Messages } from '../../../src/delivery/messages/messages.ts';
import type { RestCalls } from '../../../src/delivery/rest-calls.ts';

test('a public response says where it is also where Discord answers without a body and the original cannot be read', async () => {
  const edits: string[] = [];
  const messages: Pick<Messages, 'originalOf' | 'editByToken'> = {
    originalOf: async () => ({ type: 'refused', code: '0', reason: 'no such route' }),
    editByToken: async (_token, messageId) => {
      edits.push(messageId);
      return { type: 'sent', channelId: '1', messageId: '77' };
    },
  };
  const rest: Pick<RestCalls, 'post'> = { post: async () => new ArrayBuffer(0) };
  const reply = new Reply({
    rest: rest as RestCalls,
    messages: messages as Messages,
    clock: systemClock,
    applicationId: () => '2',
    interaction: { id: '3', token: 'token', message: { id: '4', private: true } },
  });
  expect(await reply.message({ content: 'progress' }, { private: false })).toEqual({
    posted: true,
    messageId: '77',
  });
  expect(edits).toEqual(['@original']);
});
