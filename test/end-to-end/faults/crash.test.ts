import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { seeded } from '../../delivery/random.ts';
import { type BotScene, type CreatedPoll, type DatabaseKind, startScene } from '../../support/bot-scene.ts';
import { frames, isClosed, isOpen, numberOf, resultOf } from '../progress-frames.ts';
import { expectCarriedOut, expectVersions } from '../support/carried-out.ts';
import { comeBack, killAt, type Match, pollEdit, progressEdit, progressPost } from '../support/crash.ts';
import { draftOf } from '../support/draft-of.ts';

const count = 12;

const everyMoment = [
  ['the first edit', 1, 'before'],
  ['an edit in the middle that arrived', 5, 'after'],
  ['an edit in the middle that did not', 8, 'before'],
  ['the last edit', count, 'after'],
] as const;
/** A start on the embedded database takes much longer, and what the bot does from there on is the same. */
const moments = { pglite: everyMoment.slice(1, 2), postgres: everyMoment };

describe.each<DatabaseKind>(['pglite', 'postgres'])(
  'a bot that is killed with -9 in the middle of an operation (%s)',
  (database) => {
    let scene: BotScene;
    const closed: CreatedPoll[] = [];

    beforeAll(async () => {
      scene = await startScene({
        database,
        channels: 3,
        sandbox: { limits: { scale: 0.05 }, latency: [5, 30] },
        env: { BULK_MAX_CONCURRENT: '1' },
      });
    });

    afterAll(async () => {
      if (!scene) return;
      try {
        await scene.bot.kill('SIGTERM');
        await expectVersions(scene, closed, { version: 2, status: 'closed' });
      } finally {
        await scene.close();
      }
    });

    beforeEach(async () => {
      if (scene.bot.child.signalCode !== null) await comeBack(scene);
    });

    afterEach(() => {
      expect(scene.processes.map((bot) => bot.problems()).filter(Boolean)).toEqual([]);
    });

    /** New polls, their preview, and where the log stands. */
    async function prepare(wanted = count) {
      const polls = await scene.createPolls(wanted);
      const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
      const operation = draftOf(preview);
      return { polls, preview, operation, since: scene.sandbox.requests.length };
    }

    /** Confirms, and presses `label` while the edits after the third are held back. */
    async function pressHalfWay(
      { preview, polls }: { preview: SandboxMessage; polls: CreatedPoll[] },
      label: string,
      state: string,
    ) {
      const held = scene.sandbox.faults.hold(pollEdit(polls), { pass: 3 });
      const progress = await (await scene.admin.press(preview, 'Confirm')).message();
      await held.reached;
      await scene.admin.press(progress, label);
      await progress.until((message) => message.embeds[0]?.title?.includes(state) ?? false);
      return { held, progress };
    }

    test.for(moments[database])('goes on with the same message when it died at %s', async ([, nth, when]) => {
      const { polls, preview, since } = await prepare();
      const killed = killAt(scene, pollEdit(polls), { nth, when });
      const progress = await (await scene.admin.press(preview, 'Confirm')).message();
      await killed;
      await comeBack(scene);
      const result = await expectCarriedOut(scene, numberOf(progress), { polls, since });
      expect(result).toBe(progress);
      closed.push(...polls);
    });

    test('starts what was confirmed when it died before it could answer, and says so once', async () => {
      const { polls, preview, operation, since } = await prepare();
      const killed = killAt(scene, progressPost, { when: 'before' });
      const reply = await scene.admin.press(preview, 'Confirm');
      await killed;
      expect(reply.acknowledged).toBe(false);
      await comeBack(scene);
      const again = await scene.admin.pressCustomId(preview, `confirm:${operation}`);
      expect((await again.message()).text).toContain(`Operation #${operation}`);
      expect(again.ephemeral).toBe(true);
      await expectCarriedOut(scene, operation, { polls, since });
      closed.push(...polls);
    });

    test('keeps the message that its answer to Confirm has posted', async () => {
      const { polls, preview, since } = await prepare();
      const killed = killAt(scene, progressPost, { when: 'after' });
      const [reply] = await Promise.all([scene.admin.press(preview, 'Confirm'), killed]);
      await comeBack(scene);
      const progress = await reply.message();
      const result = await expectCarriedOut(scene, numberOf(progress), { polls, since });
      expect(result).toBe(progress);
      closed.push(...polls);
    });

    test.for(database === 'pglite' ? (['after'] as const) : (['before', 'after'] as const))(
      'shows the result when it died %s showing it',
      async (when) => {
        const { polls, preview, since } = await prepare();
        const killed = killAt(scene, progressEdit(/· completed/), { when });
        const progress = await (await scene.admin.press(preview, 'Confirm')).message();
        await killed;
        await comeBack(scene);
        await expectCarriedOut(scene, numberOf(progress), { polls, since });
        closed.push(...polls);
      },
    );

    test('stays paused, touches no message, and goes on when it is resumed', async () => {
      const prepared = await prepare();
      const { polls, since, operation } = prepared;
      const { held, progress } = await pressHalfWay(prepared, 'Pause', 'paused');
      await scene.bot.kill('SIGKILL');
      // What was under way arrives after its sender's death.
      held.release();
      const [before, deadSince] = [editsOf(polls), scene.sandbox.requests.length];
      await comeBack(scene);
      await nextRequest(progressEdit(/paused/), deadSince);
      expect(editsOf(polls)).toBe(before);
      expect((await (await scene.admin.press(progress, 'Resume')).message()).text).toContain('goes on');
      expect(await expectCarriedOut(scene, operation, { polls, since })).toBe(progress);
      closed.push(...polls);
    });

    test('a cancel that it died in is finished, and leaves no poll half-way', async () => {
      const prepared = await prepare();
      const { polls } = prepared;
      const { held, progress } = await pressHalfWay(prepared, 'Cancel', 'cancelling');
      await scene.bot.kill('SIGKILL');
      held.release();
      await comeBack(scene);
      expect((await resultOf(progress)).word).toBe('cancelled');
      const { done, failed, skipped, waiting } = frames(progress).at(-1)!;
      expect({ sum: done + skipped, failed, waiting }).toEqual({ sum: count, failed: 0, waiting: 0 });
      // What arrived late is edited back, so that messages and counts agree in the end.
      await scene.sandbox.untilRequest(
        () => polls.filter(({ message }) => isClosed(message)).length === done,
        20_000,
      );
      const open = polls.filter(({ message }) => isOpen(message));
      expect(open).toHaveLength(skipped);
      for (const { id, message } of open) {
        const vote = await scene.admin.pressCustomId(message, `vote:${id}:0`);
        expect((await vote.message()).text).toContain(`on #${id}`);
      }
      closed.push(...polls.filter(({ message }) => isClosed(message)));
    });

    test('a queued operation keeps its place, and starts when the one before it has ended', async () => {
      const first = await prepare();
      const second = await prepare();
      const held = scene.sandbox.faults.hold(pollEdit(first.polls), { pass: 4 });
      const one = await (await scene.admin.press(first.preview, 'Confirm')).message();
      await held.reached;
      const two = await (await scene.admin.press(second.preview, 'Confirm')).message();
      expect(two.text).toContain('place 1');
      await scene.bot.kill('SIGKILL');
      held.release();
      expect(editsOf(second.polls)).toBe(0);
      await comeBack(scene);
      expect(await expectCarriedOut(scene, first.operation, first)).toBe(one);
      expect(await expectCarriedOut(scene, second.operation, second)).toBe(two);
      closed.push(...first.polls, ...second.polls);
    });

    test('survives kill after kill at random moments', async () => {
      const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
      console.log(`to repeat: CRASH_SEED=${seed} (${database})`);
      const random = seeded(seed);
      const { polls, preview, operation, since } = await prepare(36);
      const [isEdit, isProgress] = [pollEdit(polls), progressEdit(/^Operation/)];
      const any: Match = (request) => isEdit(request) || isProgress(request) || progressPost(request);
      const kills = 3;
      for (let kill = 0; kill < kills; kill += 1) {
        const killed = killAt(scene, any, {
          nth: 1 + Math.floor(random() * 8),
          when: random() < 0.5 ? 'before' : 'after',
        });
        if (kill === 0) await scene.admin.press(preview, 'Confirm');
        await killed;
        await comeBack(scene);
      }
      await expectCarriedOut(scene, operation, { polls, since, kills });
      closed.push(...polls);
    });

    function editsOf(polls: readonly CreatedPoll[]): number {
      return scene.sandbox.requests.filter(pollEdit(polls)).length;
    }

    async function nextRequest(match: Match, since: number): Promise<void> {
      const { sandbox } = scene;
      await sandbox.untilRequest((request) => sandbox.requests.indexOf(request) >= since && match(request));
    }
  },
);
