import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/base/log.ts';
import type { Lease } from '../../../src/bulk/lifecycle/fence.ts';
import { showResult } from '../../../src/bulk/progress/progress-message.ts';
import { postNotice } from '../../../src/bulk/run/notice.ts';
import type { Names } from '../../../src/bulk/words/naming.ts';
import type { Db } from '../../../src/db/schema.ts';
import { discordMessages } from '../../../src/delivery/messages/discord-messages.ts';
import { RateLimits } from '../../../src/delivery/pace/rate-limits.ts';
import { botId, type Call, FakeDiscord, lostAnswer, refusal } from '../../delivery/fake-discord.ts';
import { channelId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { itemStates, operationOf, postedPolls } from '../bulk-fixture.ts';
import { madeOperation } from '../operation-rows.ts';
import { begin, beginRetry, cancel, finish } from '../steps.ts';

const names: Names = {
  server: () => null,
  channel: () => null,
};
/** Waits for nothing. */
const clock: Clock = { ...systemClock, sleep: async () => undefined };

function setUp(db: Db) {
  const discord = new FakeDiscord();
  const messages = discordMessages({
    rest: discord,
    rateLimits: new RateLimits(),
    clock,
    applicationId: () => 'application',
    botId: () => botId,
  });
  return { discord, deps: { db, messages, names, clock, log: createLogger('silent') } };
}

/** As if the process died when Discord had done the next POST in a channel; Discord then forgets every nonce. */
async function killAfterPost(discord: FakeDiscord, work: () => Promise<unknown>): Promise<void> {
  discord.after = (call: Call) => {
    if (call.method !== 'POST' || !call.route.endsWith('/messages')) return;
    discord.after = () => undefined;
    throw new Error('killed');
  };
  await expect(work()).rejects.toThrow('killed');
  discord.forgetNonces();
}

function shown(discord: FakeDiscord, pattern: RegExp) {
  return [...discord.messages.values()].filter((message) => pattern.test(JSON.stringify(message)));
}

describeEachDatabase('what an operation says once', (fresh) => {
  test('is the notice of each poll, with 250 messages after it, and the next operation has its own', async () => {
    const db = await fresh();
    const { discord, deps } = setUp(db);
    const [id] = await postedPolls(db, 1);
    const first = await begin(db, 'close', { notify: true }, [id!]);
    const jobs = [{ pollId: id!, channelId, messageId: null }];
    const operation = await operationOf(db, first.operationId);
    await killAfterPost(discord, () => postNotice(deps, operation, jobs));
    for (let i = 0; i < 250; i += 1)
      await discord.post(`/channels/${channelId}/messages`, { body: { content: `Message ${i}` } });
    expect(await postNotice(deps, operation, jobs)).toBeNull();
    expect(shown(discord, /is closed/)).toHaveLength(1);

    const second = { ...operation, id: await madeOperation(db, { done: [id!] }) };
    await killAfterPost(discord, () => postNotice(deps, second, jobs));
    await postNotice(deps, second, jobs);
    expect(shown(discord, /is closed/)).toHaveLength(2);
  });

  test('is the notice of each poll, also where a retry shows what another retry has closed and announced', async () => {
    const db = await fresh();
    const { discord, deps } = setUp(db);
    const [announced, back] = (await postedPolls(db, 2)) as [number, number];
    const lease = await begin(db, 'close', { notify: true }, [announced, back]);
    const failed = await finish(db, lease, [announced, back]);
    const notify = async ({ operationId }: Lease) =>
      await postNotice(deps, await operationOf(db, operationId), [
        { pollId: announced, channelId, messageId: null },
      ]);
    const first = await beginRetry(db, failed);
    await notify(first);
    await sql`update polls set shown_revision = revision where id = ${announced}`.execute(db);
    await cancel(db, first);
    discord.forgetNonces();
    const second = await beginRetry(db, failed);
    expect(await itemStates(db, second.operationId)).toMatchObject({ [announced]: 'applied' });
    await notify(second);
    expect(shown(discord, /is closed/)).toHaveLength(1);
  });

  test('is its message, also where nobody knows any more what Confirm was answered with', async () => {
    const db = await fresh();
    const { discord, deps } = setUp(db);
    const id = await madeOperation(db);
    await killAfterPost(discord, () => showResult(deps, id, new AbortController().signal));
    const [message] = shown(discord, /Operation #/);
    await discord.patch(`/channels/${channelId}/messages/${message!.id}`, {
      body: { embeds: [{ title: `Operation #${id} · closing 1 poll` }] },
    });
    await showResult(deps, id, new AbortController().signal);
    expect(shown(discord, /Operation #/)).toHaveLength(1);
    expect(shown(discord, /· completed/)).toHaveLength(1);
    expect(await operationOf(db, id)).toMatchObject({ result_shown: true, progress_message_id: message!.id });
  });

  test('is its result by direct message, which has words instead of buttons', async () => {
    const db = await fresh();
    const { discord, deps } = setUp(db);
    const id = await madeOperation(db, { failed: [{ poll: 7, message: 'no access', code: '50001' }] });
    discord.before = ({ route, method }) => {
      if (method === 'POST' && route.includes(channelId)) throw refusal(403, 50001, 'Missing Access', method);
    };
    await killAfterPost(discord, () => showResult(deps, id, new AbortController().signal));
    await showResult(deps, id, new AbortController().signal);
    const [message, ...more] = shown(discord, /Operation #/);
    expect(more).toEqual([]);
    expect(message).not.toHaveProperty('components');
    expect(JSON.stringify(message)).toContain(`/bulk retry operation:${id}`);
    expect(JSON.stringify(message)).toContain(`/bulk report operation:${id}`);
    expect(JSON.stringify(message)).not.toContain('/bulk undo');
  });

  test('is not given up for a lost answer', async () => {
    const db = await fresh();
    const { discord, deps } = setUp(db);
    const id = await madeOperation(db);
    discord.after = (call) => {
      if (call.method !== 'POST') return;
      discord.after = () => undefined;
      discord.forgetNonces();
      throw lostAnswer();
    };
    await showResult(deps, id, new AbortController().signal);
    expect(shown(discord, /Operation #/)).toHaveLength(1);
  });
});
