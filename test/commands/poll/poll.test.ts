import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../sandbox/people/person.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import type { SandboxGuild } from '../../../sandbox/world/sandbox-guild.ts';
import type { Db } from '../../../src/db/schema.ts';
import { findPoll } from '../../../src/polls/poll-store.ts';
import { everyServer } from '../../../src/polls/scope.ts';
import { type PollsBot, startPollsBot } from '../../bot/polls-bot.ts';
import { hostileTexts } from '../../polls/hostile-texts.ts';
import { operation } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';

describeEachDatabase('/poll', (fresh) => {
  let db: Db;
  let sandbox: Sandbox;
  let guild: SandboxGuild;
  let bot: PollsBot;
  let admin: Person;
  let voter: Person;

  beforeEach(async () => {
    db = await fresh();
    sandbox = await startSandbox({ limits: { scale: 0.02 } });
    guild = sandbox.addGuild({ channels: ['general', 'votes'] });
    admin = sandbox.person({ name: 'Ada', permissions: permission.manageGuild });
    voter = sandbox.person({ name: 'Vera' });
    bot = await startPollsBot(sandbox, db);
  });

  afterEach(async () => {
    await bot.stop();
    await sandbox.close();
    expect(sandbox.violations).toEqual([]);
  });

  const general = () => guild.channel('general');

  async function create(
    options: Record<string, string | number | boolean> = {},
  ): Promise<{ id: number; message: SandboxMessage }> {
    const reply = await admin.slash(general(), 'poll create', {
      question: 'Tea or coffee?',
      options: 'Tea | Coffee | Water',
      ...options,
    });
    const { text } = await reply.message();
    const [, id] = /#(\d+)/.exec(text) ?? [];
    const [, messageId] = /https:\/\/discord\.com\/channels\/\d+\/\d+\/(\d+)/.exec(text) ?? [];
    if (!id || !messageId) throw new Error(`not created: ${text}`);
    return { id: Number(id), message: sandbox.message(messageId) };
  }

  async function said(
    reply: Promise<{ message(): Promise<SandboxMessage>; ephemeral: boolean }>,
  ): Promise<string> {
    const given = await reply;
    const message = await given.message();
    expect(given.ephemeral).toBe(true);
    return message.text;
  }

  test('creates a poll that people can vote on and an admin can close', async () => {
    const { id, message } = await create();
    expect(message.text).toContain('Tea or coffee?');
    expect(await said(voter.press(message, 'Tea'))).toContain(`Your vote on #${id}: **Tea**`);
    await message.until((shown) => shown.text.includes('100% · 1 vote'));
    expect(await said(admin.press(message, 'Coffee'))).toContain('**Coffee**');
    expect(await said(voter.press(message, 'Coffee'))).toContain('**Coffee**');
    await message.until((shown) => shown.text.includes('100% · 2 votes'));
    expect(await said(voter.press(message, 'Coffee'))).toContain(`took your vote on #${id} back`);
    const closed = await said(admin.slash(general(), 'poll close', { poll: id }));
    expect(closed).toContain(`#${id} "Tea or coffee?" is closed`);
    expect(message.text).toContain('closed');
    expect(message.text).toContain('Winner: **Coffee** with 1 vote');
    expect(message.buttons.filter((button) => !button.disabled)).toEqual([]);
    expect(await said(admin.slash(general(), 'poll close', { poll: id }))).toContain(
      `#${id} "Tea or coffee?" is already closed`,
    );
    expect(await said(voter.pressCustomId(message, `vote:${id}:0`))).toContain('is closed');
    expect(await said(voter.pressCustomId(message, `vote:${id + 1}:0`))).toContain(
      `Poll #${id + 1} was not found`,
    );
  });

  test('takes each press once, though two processes get each twice and acknowledgements are lost', async () => {
    const other = await startPollsBot(sandbox, db, { processId: 'other' });
    sandbox.gateway.deliveries = 2;
    const { id, message } = await create();
    expect(await db.selectFrom('polls').select('id').execute()).toHaveLength(1);
    const people = Array.from({ length: 8 }, () => sandbox.person());
    sandbox.faults.add({ match: { path: /callback$/ }, times: 6, loseReply: true });
    await Promise.all(people.map((one) => one.press(message, 'Tea')));
    await message.until((shown) => shown.text.includes('100% · 8 votes'));
    await other.stop();
    expect(await findPoll(db, everyServer, id)).toMatchObject({ revision: 9 });
  });

  test('posts a scheduled poll at once, in the chosen channel', async () => {
    const { id, message } = await create({
      channel: guild.channel('votes').id,
      opens: '2h',
      closes: '3d',
      max_choices: 2,
      anonymous: true,
    });
    expect(message.channelId).toBe(guild.channel('votes').id);
    expect(message.text).toContain('Opens <t:');
    expect(message.buttons.every((button) => button.disabled)).toBe(true);
    expect(await said(voter.pressCustomId(message, `vote:${id}:0`))).toContain('it opens <t:');
    expect(await findPoll(db, everyServer, id)).toMatchObject({
      status: 'scheduled',
      maxChoices: 2,
      anonymous: true,
    });
  });

  test.each([
    [{ options: 'Tea' }, '2 to 20 options'],
    [{ options: 'Tea | Tea' }, 'Options 1 and 2 are the same'],
    [{ options: 'Tea | ' }, 'Option 2 is empty'],
    [{ options: Array.from({ length: 21 }, (_, n) => n).join('|') }, '2 to 20 options'],
    [{ opens: '2020-01-01' }, 'is in the past'],
    [{ opens: '2d', closes: '1d' }, 'is not after'],
    [{ closes: 'soon' }, '"soon" is no time'],
    [{ timezone: 'Mars' }, '"Mars" is no time zone'],
    [{ max_choices: 4 }, '`max_choices` must be 1 to 3'],
    [{ question: '\u200B' }, 'The question is empty'],
  ])('refuses to create with %j', async (options, reason) => {
    const reply = admin.slash(general(), 'poll create', { question: 'Q?', options: 'A | B | C', ...options });
    expect(await said(reply)).toContain(reason);
    expect(await db.selectFrom('polls').select('id').execute()).toEqual([]);
  });

  test('lets only admins create and close', async () => {
    const { id } = await create();
    expect(await said(voter.slash(general(), 'poll create', { question: 'Q?', options: 'A | B' }))).toContain(
      'Only admins',
    );
    expect(await said(voter.slash(general(), 'poll close', { poll: id }))).toContain('Only admins');
    expect((await findPoll(db, everyServer, id))?.status).toBe('active');
  });

  test('leaves no poll where the bot may not post', async () => {
    sandbox.deny(guild.channel('votes').id, permission.sendMessages);
    const ask = () =>
      admin.slash(general(), 'poll create', {
        question: 'Q?',
        options: 'A | B',
        channel: guild.channel('votes').id,
      });
    await expect.poll(() => bot.servers.missingToPost(guild.channel('votes').id)).toEqual(['Send Messages']);
    expect(await said(ask())).toContain('it lacks *Send Messages*');
    sandbox.allow(guild.channel('votes').id, permission.sendMessages);
    await expect.poll(() => bot.servers.missingToPost(guild.channel('votes').id)).toEqual([]);
    sandbox.faults.add({
      match: { method: 'POST', path: /channels\/\d+\/messages$/ },
      status: 403,
      body: { code: 50013, message: 'Missing Permissions' },
    });
    expect(await said(ask())).toContain('No poll was created: missing permissions');
    expect(await db.selectFrom('polls').select('id').execute()).toEqual([]);
  });

  test('pings a role only if its creator may mention it', async () => {
    const role = guild.addRole('voters');
    const free = guild.addRole('anyone', { mentionable: true });
    const ask = (ping: string) =>
      admin.slash(general(), 'poll create', { question: 'Q?', options: 'A | B', ping_role: ping });
    expect(await said(ask(role.id))).toContain('You may not mention');
    expect(await said(ask(free.id))).toContain('is open');
    const ping = await general().until((message) => message.mentions.roles.length > 0);
    expect(ping.mentions).toMatchObject({ roles: [free.id], everyone: false });
  });

  test('finds nothing of another server', async () => {
    const other = sandbox.addGuild();
    const stranger = sandbox.person({
      permissions: { [other.id]: permission.manageGuild },
      guilds: [other.id],
    });
    const { id } = await create();
    for (const command of ['poll show', 'poll close']) {
      expect(await said(stranger.slash(other.channels[0]!, command, { poll: id }))).toBe(
        `Poll #${id} was not found.`,
      );
    }
    expect(await said(stranger.slash(other.channels[0]!, 'poll list'))).toContain('There are no polls');
  });

  test('shows and lists to voters what they can see', async () => {
    const { id } = await create();
    await create({ channel: guild.channel('votes').id, question: 'Secret?' });
    expect(await said(voter.slash(general(), 'poll show', { poll: id }))).toContain(`Poll #${id} is active`);
    const listed = await said(voter.slash(general(), 'poll list', { status: 'active' }));
    expect(listed).toContain('Tea or coffee?');
    expect(listed).toContain('Secret?');
  });

  test('turns the pages of a long list', async () => {
    for (let n = 1; n <= 12; n += 1) await create({ question: `Question ${n}` });
    const reply = await admin.slash(general(), 'poll list');
    const list = await reply.message();
    expect(list.text).toContain('Question 12');
    expect(list.text).not.toContain('Question 2');
    await admin.press(list, 'Older');
    await list.until((shown) => shown.text.includes('Question 2') && !shown.text.includes('Question 12'));
    await admin.press(list, 'Newest');
    await list.until((shown) => shown.text.includes('Question 12'));
  });

  test('refuses to close what an operation holds, naming it', async () => {
    const { id } = await create();
    const holder = await operation(db, '900000000000000777');
    await db.updateTable('polls').set({ held_by: holder }).execute();
    expect(await said(admin.slash(general(), 'poll close', { poll: id }))).toContain(
      `held by Operation #${holder}`,
    );
    await db.updateTable('polls').set({ held_by: null }).execute();
  });

  test('says what became of a message that was deleted by hand', async () => {
    const { id, message } = await create();
    sandbox.removeMessage(message.id);
    expect(await said(admin.slash(general(), 'poll close', { poll: id }))).toContain('deleted by hand');
  });

  test.each(hostileTexts)('shows and pings nobody with %s', async (_, text) => {
    const question = text.replaceAll('|', '/').slice(0, 900).toWellFormed();
    const option = [...question].slice(0, 60).join('');
    const { id, message } = await create({ question, options: `${option} | b` });
    await voter.press(message, 'b');
    await message.until((shown) => shown.text.includes('1 vote'));
    await said(admin.slash(general(), 'poll show', { poll: id }));
    await said(admin.slash(general(), 'poll list'));
    await said(admin.slash(general(), 'poll close', { poll: id }));
    expect(message.text).toContain('closed');
    for (const one of general().messages)
      expect(one.mentions).toEqual({ users: [], roles: [], everyone: false });
  });
});
