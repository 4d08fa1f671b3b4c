import { REST } from '@discordjs/rest';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import { Pace } from '../../../src/delivery/pace/pace.ts';
import { RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import { restOptions } from '../../../src/delivery/pace/transport.ts';
import type { RestCalls } from '../../../src/delivery/rest-calls.ts';
import { Delivery } from '../../../src/delivery/sending/delivery.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { botId } from '../fake-discord.ts';
import { givenPoll, pollOf } from '../polls.ts';
import { restServer } from '../rest-server.ts';
import { messageIdAt } from '../snowflakes.ts';

describeEachDatabase('a thread that Discord lets be opened in a minute', (fresh) => {
  test('keeps no operation from stopping', async () => {
    const db = await fresh();
    const asked = Promise.withResolvers<void>();
    const server = await restServer(({ path }) => {
      if (path.includes('/messages/'))
        return { status: 400, body: { code: 50083, message: 'Thread is archived' } };
      asked.resolve();
      return {
        status: 429,
        headers: { 'retry-after': '60' },
        body: { message: 'You are being rate limited.', retry_after: 60, global: false },
      };
    });
    onTestFinished(server.close);
    const rateLimits = new RateLimits();
    const options = restOptions({ apiUrl: server.api, pace: new Pace({ gapMs: 1 }), rateLimits });
    const delivery = new Delivery({
      db,
      rest: new REST(options).setToken('x') as RestCalls,
      rateLimits,
      clock: systemClock,
      random: Math.random,
      log: createLogger('silent'),
      processId: 'one',
      botId: () => botId,
    });
    const pollId = await givenPoll(db, { message_id: messageIdAt(Date.now() - 1_000, 1) });
    const { channel_id, message_id } = await pollOf(db, pollId);
    const batch = delivery.startBatch([{ pollId, channelId: channel_id, messageId: message_id }], {
      repost: false,
      settled: async () => undefined,
    });
    await asked.promise;
    await batch.stop();
    expect(await pollOf(db, pollId)).toMatchObject({ sender: null, sent_revision: 0, parked_code: null });
  });
});
