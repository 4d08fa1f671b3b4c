import { expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import type { Reply } from '../../../sandbox/people/reply.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowScene } from '../flow-scene.ts';
import { isClosed, isOpen, numberOf, resultOf } from '../progress-frames.ts';
import { draftOf } from '../support/draft-of.ts';

/** The private answer to a press. Fails if the message itself was changed instead. */
async function refusalOf(press: Promise<Reply>, pressed: SandboxMessage): Promise<string> {
  const before = pressed.versions.length;
  const answer = await (await press).message();
  expect(answer).not.toBe(pressed);
  expect(answer.ephemeral).toBe(true);
  expect(pressed.versions).toHaveLength(before);
  return answer.text;
}

/** What would tell that anything happened: every state of every poll and operation that an admin can see. */
async function everything(scene: FlowScene): Promise<string> {
  const list = await scene.ask('poll list', {}, scene.superAdmin);
  const progress = await scene.ask('bulk progress', {});
  return `${list.text}\n${progress.text}`;
}

describeFlow('people who may not', { databases: ['pglite', 'postgres'] }, (scene) => {
  const strangers = (): [string, Person][] => [
    ['a voter', scene().voter],
    ['an admin of another server', foreignAdmin(scene())],
  ];

  test('run no /bulk and create or close no poll', async () => {
    const poll = await scene().poll(scene().channel('votes'));
    for (const [, person] of strangers()) {
      for (const [command, options] of [
        ['bulk close', { polls: String(poll.id) }],
        ['bulk close', {}],
        ['bulk progress', {}],
        ['bulk progress', { operation: 1 }],
        ['bulk cancel', { operation: 1 }],
        ['bulk retry', { operation: 1 }],
        ['bulk report', { operation: 1 }],
        ['poll create', { question: 'Mine?', options: 'A | B' }],
        ['poll close', { poll: poll.id }],
      ] as const) {
        const answer = await scene().ask(command, options, person);
        expect(answer.ephemeral).toBe(true);
        expect(answer.text).toMatch(/Manage Server/);
        expect(answer.buttons).toEqual([]);
      }
      expect(
        await person.autocomplete(scene().channel('general'), 'bulk close', { server: '' }, 'server'),
      ).toEqual([]);
      expect(
        await person.autocomplete(
          scene().channel('general'),
          'bulk progress',
          { operation: '' },
          'operation',
        ),
      ).toEqual([]);
    }
    expect(isOpen(poll.message)).toBe(true);
  });

  test("press nobody else's buttons with any effect", async () => {
    const polls = await scene().polls(2, [scene().channel('votes')]);
    const preview = await scene().preview(polls);
    for (const [, person] of [...strangers(), ['another super admin', scene().superAdmin] as const]) {
      for (const label of ['Confirm', 'Cancel']) {
        const text = await refusalOf(person.press(preview, label, { force: true }), preview);
        expect(text).toMatch(/belongs to somebody else/);
      }
    }
    expect(polls.every(({ message }) => isOpen(message))).toBe(true);
    const progress = await (await scene().admin.press(preview, 'Confirm')).message();
    await resultOf(progress);
    for (const [, person] of strangers()) {
      for (const action of ['pause', 'resume', 'cancel', 'retry', 'report']) {
        const text = await refusalOf(
          person.pressCustomId(progress, `${action}:${numberOf(progress)}`),
          progress,
        );
        expect(text).toMatch(/Manage Server|not found/);
      }
    }
  });

  test('lose the right with the permission: an admin who no longer is one cannot confirm', async () => {
    const { sandbox, guild } = scene();
    const fallen = sandbox.person({ name: 'Fay', permissions: permission.manageGuild });
    const [poll] = await scene().polls(1, [scene().channel('votes')]);
    const preview = await scene().preview([poll!], {}, fallen);
    fallen.setPermissions(guild.id, 0n);
    const text = await refusalOf(fallen.press(preview, 'Confirm'), preview);
    expect(text).not.toBe('');
    expect(isOpen(poll!.message)).toBe(true);
  });
});

describeFlow('forged and repeated presses', { databases: ['pglite', 'postgres'] }, (scene) => {
  test('with any custom id are answered privately and change nothing', async () => {
    const { admin, voter } = scene();
    const [poll, other] = await scene().polls(2, [scene().channel('votes')]);
    const preview = await scene().preview([poll!]);
    const progress = await scene().begin([other!]);
    await resultOf(progress);
    const before = await everything(scene());
    const forged = [
      ...['confirm', 'discard', 'preview', 'phrase', 'pause', 'resume', 'cancel', 'retry', 'report'].flatMap(
        (action) => [
          action,
          `${action}:`,
          `${action}:x`,
          `${action}:-1`,
          `${action}:0`,
          `${action}:999999`,
          `${action}:99999999999`,
          `${action}:9007199254740993`,
          `${action}:1e3`,
          `${action}:1.5`,
          `${action}:NaN`,
          `${action}:1; drop table polls`,
        ],
      ),
      'vote',
      'vote:1:99',
      `vote:${poll!.id}:99`,
      `vote:${poll!.id}:-1`,
      `vote:${poll!.id}:1.5`,
      `vote:${poll!.id}:x`,
      `vote:${poll!.id}:99999999999999`,
      'vote:999999:0',
      'vote:99999999999:0',
      'vote:x:0',
      'poll-list',
      'poll-list:nonsense:x',
      'poll-list:active:99999999999',
      'poll-list:all:-5',
      'garbage',
      ':',
      '::::',
      '__proto__:1',
      'constructor',
      'toString:1',
      'é\u202e漢字',
      'x'.repeat(100),
      `confirm:${'9'.repeat(92)}`,
    ];
    for (const person of [admin, voter]) {
      for (const customId of forged) {
        const reply = await person.pressCustomId(progress, customId);
        const answer = await reply.message();
        expect([customId, answer.ephemeral]).toEqual([customId, true]);
        expect([customId, /Something went wrong|undefined|NaN|null/.test(answer.text)]).toEqual([
          customId,
          false,
        ]);
      }
    }
    expect(progress.text).toContain('completed');
    expect(await everything(scene())).toBe(before);
    expect(isOpen(poll!.message)).toBe(true);
    await admin.press(preview, 'Cancel');
  });

  test('a doubled Confirm starts one operation', async () => {
    const { admin } = scene();
    const polls = await scene().polls(4, [scene().channel('votes')]);
    const preview = await scene().preview(polls);
    const replies = await Promise.all([1, 2, 3].map(() => admin.press(preview, 'Confirm', { force: true })));
    const answers = await Promise.all(replies.map((reply) => reply.message()));
    const started = answers.filter((message) => message.field('Waiting') !== undefined);
    expect(started).toHaveLength(1);
    for (const refusal of answers.filter((message) => message !== started[0])) {
      expect(refusal.ephemeral).toBe(true);
      expect(refusal.text).toContain(`it started Operation #${numberOf(started[0]!)}`);
    }
    expect((await resultOf(started[0]!)).counts).toEqual([4, 0, 0, 0]);
    const later = await (await admin.pressCustomId(preview, `confirm:${numberOf(started[0]!)}`)).message();
    expect(later.ephemeral).toBe(true);
    expect(later.text).toContain('already used');
  });

  test('a replayed interaction takes effect once', async () => {
    const { admin, sandbox } = scene();
    const polls = await scene().polls(2, [scene().channel('votes')]);
    const preview = await scene().preview(polls);
    const reply = await admin.press(preview, 'Confirm');
    const progress = await reply.message();
    sandbox.deliver(reply.interaction);
    sandbox.deliver(reply.interaction);
    expect((await resultOf(progress)).counts).toEqual([2, 0, 0, 0]);
    const operations = scene()
      .channel('general')
      .messages.filter((message) => message.field('Waiting') !== undefined);
    const next = await scene().begin(await scene().polls(1, [scene().channel('votes')]));
    await resultOf(next);
    expect(numberOf(next)).toBe(numberOf(progress) + 1);
    expect(
      scene()
        .channel('general')
        .messages.filter((message) => message.field('Waiting') !== undefined),
    ).toHaveLength(operations.length + 1);
  });

  test('a doubled Retry starts one operation, a doubled Cancel cancels once', async () => {
    const { admin, sandbox, guild } = scene();
    const shut = guild.addChannel(`shut-${Date.now()}`);
    const polls = await scene().polls(2, [shut]);
    sandbox.deny(shut.id);
    const progress = await scene().begin(polls);
    expect((await resultOf(progress)).counts).toEqual([0, 2, 0, 0]);
    sandbox.allow(shut.id);
    const replies = await Promise.all(
      [1, 2].map(() => admin.press(progress, 'Retry failed', { force: true })),
    );
    const answers = await Promise.all(replies.map((reply) => reply.message()));
    const retries = answers.filter((message) => message.field('Waiting') !== undefined);
    expect(retries).toHaveLength(1);
    expect(answers.find((message) => message !== retries[0])!.text).toContain('already retried');
    expect((await resultOf(retries[0]!)).counts).toEqual([2, 0, 0, 0]);
    expect(polls.every(({ message }) => isClosed(message))).toBe(true);
    const cancels = await Promise.all(
      [1, 2].map(() => admin.pressCustomId(progress, `cancel:${numberOf(progress)}`)),
    );
    for (const reply of cancels) {
      expect((await reply.message()).text).toContain('has ended (completed with failures)');
    }
  });

  test('a phrase modal of somebody else, or for a preview without a phrase, starts nothing early', async () => {
    const { admin, voter } = scene();
    const [poll] = await scene().polls(1, [scene().channel('votes')]);
    const preview = await scene().preview([poll!]);
    const forged = await (await voter.pressCustomId(preview, `phrase:${draftOf(preview)}`)).message();
    expect(forged.ephemeral).toBe(true);
    expect(isOpen(poll!.message)).toBe(true);
    await admin.press(preview, 'Cancel');
  });
});

function foreignAdmin(scene: FlowScene): Person {
  const elsewhere =
    [...scene.sandbox.world.guilds.values()].find(({ name }) => name === 'Elsewhere')?.id ??
    scene.sandbox.addGuild({ name: 'Elsewhere', channels: ['lounge'] }).id;
  return scene.sandbox.person({ name: 'Fred', permissions: { [elsewhere]: permission.manageGuild } });
}
