import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import { createProgressLoop } from '../../../src/bulk/progress/progress-message.ts';
import type { Sent } from '../../../src/delivery/messages/messages.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { postedPolls, running } from '../bulk-fixture.ts';

const posted = { progress_token: null, progress_message_id: '1', progress_channel_id: '2' };

describeEachDatabase('a progress message that the bot may not edit', (fresh) => {
  test.each([
    ['50013', 'for a while is tried again once a minute, and goes on', [60_000, 3_000]],
    ['10008', 'any more is left alone', []],
  ])('(%s) %s', async (code, _what, expected) => {
    const db = await fresh();
    await postedPolls(db, 1);
    const { operationId } = await running(db);
    await db.updateTable('operations').set(posted).execute();
    const answers: Sent[] = [
      { type: 'refused', code, reason: 'refused by the test' },
      { type: 'sent', channelId: '2', messageId: '1' },
    ];
    const pauses: number[] = [];
    const deps = {
      db,
      messages: { edit: async () => answers.shift()! },
      names: { server: () => null, channel: () => null },
      clock: {
        ...systemClock,
        sleep: async (ms: number) => {
          pauses.push(ms);
          if (answers.length === 0) void loop.stop();
        },
      },
      log: createLogger('silent'),
    };
    const loop = createProgressLoop(deps as never, operationId);
    await loop.start();
    await loop.ended;
    expect(pauses).toEqual(expected);
  });
});
