import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { callbackType } from '../../../sandbox/world/interaction.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { type BotScene, type CreatedPoll, type DatabaseKind, startScene } from '../../support/bot-scene.ts';
import { expectCarriedOut, expectShownOnce, expectVersions } from '../support/carried-out.ts';
import {
  channelPost,
  comeBack,
  killAt,
  type Match,
  pollEdit,
  progressEdit,
  progressPost,
} from '../support/crash.ts';
import { draftOf } from '../support/draft-of.ts';

const callback: Match = ({ route }) => route === '/interactions/:interaction/:token/callback';
const followUp: Match = ({ method, route }) => method === 'POST' && route === '/webhooks/:application/:token';
const tokenEdit: Match = ({ method, route }) =>
  method === 'PATCH' && route === '/webhooks/:application/:token/messages/:message';

describe.each<DatabaseKind>(['pglite', 'postgres'])(
  'what Discord did although its answer never came (%s)',
  (database) => {
    let scene: BotScene;

    beforeAll(async () => {
      scene = await startScene({ database, channels: 3 });
    });
    afterAll(() => scene?.close());
    beforeEach(async () => {
      scene.sandbox.faults.clear();
      if (scene.bot.child.signalCode !== null) await comeBack(scene);
    });

    const lose = (match: Match, times = 1, skip = 0) =>
      scene.sandbox.faults.add({ match, times, skip, loseReply: true });

    test('a poll whose POST got no answer is posted once, and its link is right', async () => {
      const lost = lose(channelPost);
      const poll = await scene.createPoll(scene.guild.channels[0]!.id);
      expect(lost.hits).toBe(1);
      expectShownOnce(scene, [poll]);
    });

    test.for(database === 'pglite' ? (['after'] as const) : (['after', 'before'] as const))(
      'a bot that dies %s its poll is posted shows it once',
      async (when) => {
        const channel = scene.guild.channels[1]!;
        const known = channel.messages.length;
        const killed = killAt(scene, channelPost, { when });
        await Promise.all([
          killed,
          scene.admin.slash(channel, 'poll create', { question: 'Once?', options: 'Yes | No' }),
        ]);
        await comeBack(scene);
        const message = await channel.until(
          ({ text }) => text.includes('Once?') && channel.messages.length > known,
        );
        const id = Number(/#(\d+) · /.exec(message.embeds[0]?.footer?.text ?? '')?.[1]);
        const vote = await scene.admin.pressCustomId(message, `vote:${id}:0`);
        expect((await vote.message()).text).toContain(`#${id}`);
        // The tally is written on the message that the database knows: it is the one that was posted.
        await message.until(({ text }) => votes(text, 1), 20_000);
        expect(channel.messages).toHaveLength(known + 1);
        expectShownOnce(scene, [{ id, message }]);
        scene.sandbox.removeMessage(message.id);
      },
    );

    test('a poll is created once when the acknowledgement got no answer, and the admin hears of it', async () => {
      const lost = lose(callback);
      const poll = await scene.createPoll(scene.guild.channels[0]!.id);
      expect(lost.hits).toBe(1);
      expectShownOnce(scene, [poll]);
    });

    test('a vote counts once when neither its acknowledgement nor its answer nor the tally got through', async () => {
      const poll = await scene.createPoll(scene.guild.channels[0]!.id);
      const losses = [lose(callback), lose(tokenEdit), lose(pollEdit([poll]))];
      const vote = await scene.admin.press(poll.message, 'Tea');
      expect((await vote.message()).text).toContain('Tea');
      await poll.message.until(({ text }) => votes(text, 1));
      // The next vote's tally comes after all repeats of the first.
      const other = scene.sandbox.person({ name: 'Bob' });
      await other.press(poll.message, 'Coffee');
      await poll.message.until(({ text }) => votes(text, 2));
      expect(losses.map(({ hits }) => hits)).toEqual([1, 1, 1]);
    });

    test('a vote that was committed when the bot died shows in the tally, once', async () => {
      const poll = await scene.createPoll(scene.guild.channels[0]!.id);
      const killed = killAt(scene, pollEdit([poll]), { when: 'before' });
      const [reply] = await Promise.all([scene.admin.press(poll.message, 'Tea'), killed]);
      await comeBack(scene);
      await poll.message.until(({ text }) => votes(text, 1), 20_000);
      // Discord delivers it once more after the restart.
      scene.sandbox.deliver(reply.interaction);
      const other = scene.sandbox.person({ name: 'Cleo' });
      await other.press(poll.message, 'Tea');
      await poll.message.until(({ text }) => votes(text, 2));
    });

    test('an operation does nothing twice when edits, the first response and the progress get no answers', async () => {
      const polls = await scene.createPolls(12);
      const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
      const since = scene.sandbox.requests.length;
      const losses = [
        lose(progressPost),
        lose(pollEdit(polls), 3, 2),
        lose(progressEdit(/^Operation #\d+ · (?!completed)/)),
        lose(progressEdit(/ · completed$/)),
      ];
      const reply = await scene.admin.press(preview, 'Confirm');
      const operation = operationOf(await reply.message());
      // Each lost answer is worth one repeat.
      await expectCarriedOut(scene, operation, { polls, since });
      expect([losses[0]!.hits, losses[1]!.hits, losses[3]!.hits]).toEqual([1, 3, 1]);
      await closedOnce(polls);
    });

    /** As if another process had acknowledged the press, without a word, just before this one answers it. */
    function acknowledgeElsewhere(): void {
      scene.sandbox.faults.add({
        match: progressPost,
        times: 1,
        before: ({ path }) => {
          const interaction = scene.sandbox.world.interactions.get(path.split('/').at(-2) ?? '')!;
          interaction.original = interaction.source;
          interaction.acknowledge(callbackType.deferUpdate, scene.sandbox.world.now());
          interaction.changed.emit();
        },
      });
    }

    test.for(database === 'pglite' ? [true] : [false, true])(
      'the progress message is public also where another process was faster (dying: %s)',
      async (dies) => {
        const polls = await scene.createPolls(6);
        const preview = await scene.preview('close', { polls: `${polls[0]!.id}-${polls.at(-1)!.id}` });
        const since = scene.sandbox.requests.length;
        const operation = draftOf(preview);
        acknowledgeElsewhere();
        const killed = dies ? killAt(scene, followUp, { when: 'before' }) : null;
        await scene.admin.press(preview, 'Confirm');
        if (killed) {
          await killed;
          await comeBack(scene);
        }
        await expectCarriedOut(scene, operation, { polls, since });
        expect(preview.field('Waiting')).toBeUndefined();
      },
    );

    async function closedOnce(polls: readonly CreatedPoll[]): Promise<void> {
      if (database === 'pglite') await scene.bot.kill('SIGTERM');
      await expectVersions(scene, polls, { version: 2, status: 'closed' });
      if (database === 'pglite') await scene.start();
    }
  },
);

function votes(text: string, count: number): boolean {
  return new RegExp(`\\b${count} (vote|voter|person|people)`).test(text);
}

function operationOf(message: SandboxMessage): number {
  return Number(/Operation #(\d+)/.exec(message.text)?.[1]);
}
