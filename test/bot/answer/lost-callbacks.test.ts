import { describe, expect, test } from 'vitest';
import { startPollsBot } from '../polls-bot.ts';
import { handlers, trying } from './try-command.ts';

describe('an interaction', () => {
  test('still acts and answers when the reply to its acknowledgement is lost', async () => {
    const { sandbox, behaviour, slash } = await trying();
    sandbox.faults.add({ match: { path: /callback$/ }, times: 1, loseReply: true });
    expect((await (await slash()).message()).content).toBe('press me');
    expect(behaviour.ran).toBe(1);
  });

  test('is acknowledged at the second try when the first was refused with 503', async () => {
    const { sandbox, slash } = await trying();
    sandbox.faults.add({ match: { path: /callback$/ }, times: 1, status: 503 });
    expect((await (await slash()).message()).content).toBe('press me');
  });

  test('that Discord gave up on before it was acknowledged is no error of ours', async () => {
    const { sandbox, bots, behaviour, slash } = await trying();
    // Whether the acknowledgement arrived is unknown, so it is acted on; it did not, so nobody hears of it.
    sandbox.faults.add({ match: { path: /callback$/ }, loseRequest: true });
    expect((await slash()).acknowledged).toBe(false);
    await sandbox.untilRequest(({ path, code }) => /@original$/.test(path) && code === 10015);
    await bots[0]!.stop();
    expect(behaviour.ran).toBe(1);
    expect(bots.splice(0)[0]!.errors).toEqual([]);
  });

  test('that two processes get is handled by one', async () => {
    const { sandbox, bots, behaviour, db, slash } = await trying();
    bots.push(await startPollsBot(sandbox, db, { processId: 'other', handlers: handlers(behaviour) }));
    for (let n = 0; n < 5; n += 1) expect((await (await slash()).message()).content).toBe('press me');
    await Promise.all(bots.splice(0).map((bot) => bot.stop()));
    expect(behaviour.ran).toBe(5);
    const refused = sandbox.requests.filter(
      (request) => /callback$/.test(request.path) && request.status !== 200,
    );
    expect(refused.length).toBeGreaterThan(0);
  });
});
