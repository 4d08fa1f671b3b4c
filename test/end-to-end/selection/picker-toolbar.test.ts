import { beforeEach, expect, test } from 'vitest';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import type { FlowPoll } from '../flow-scene.ts';
import { isClosed, isOpen, resultOf } from '../progress-frames.ts';
import { choosePolls, clear, openPicker, selectionOf } from '../support/picker-hand.ts';

describeFlow('the toolbar of the picker', { databases: ['pglite', 'postgres'] }, (scene) => {
  let polls: FlowPoll[];
  let picker: SandboxMessage;

  beforeEach(async () => {
    await clear(scene());
    polls = await scene().polls(3, [scene().channel('votes'), scene().channel('more')]);
    picker = await openPicker(scene(), { polls: polls.map((poll) => poll.id).join(',') });
    await scene().admin.press(picker, 'Select all matching');
  });

  const confirmed = async (preview: SandboxMessage) =>
    (await resultOf(await (await scene().admin.press(preview, 'Confirm')).message())).word;

  /** Opens the modal of a button and sends it filled in so; the preview, or what is said instead. */
  async function asked(button: string, values: Readonly<Record<string, string | readonly string[]>>) {
    const modal = await scene().admin.press(picker, button);
    return await (await scene().admin.submit(modal, values)).message();
  }

  test('Close leads into the preview of the selection, and on to the result', async () => {
    const preview = await (await scene().admin.press(picker, 'Close')).message();
    expect([preview === picker, preview.onlyFor, preview.text.includes('Close 3 polls')]).toEqual([
      false,
      scene().admin.id,
      true,
    ]);
    expect(await confirmed(preview)).toBe('completed');
    expect(polls.every((poll) => isClosed(poll.message))).toBe(true);
    expect(await selectionOf(scene())).toEqual(polls.map((poll) => poll.id));
  });

  test('Delete asks for its phrase as the command does', async () => {
    const preview = await (await scene().admin.press(picker, 'Delete')).message();
    const modal = await scene().admin.press(preview, 'Confirm');
    expect(JSON.stringify(await modal.modal())).toContain('DELETE 3');
    const progress = await (await scene().admin.submit(modal, 'DELETE 3')).message();
    expect((await resultOf(progress)).word).toBe('completed');
    expect(polls.every((poll) => poll.message.deleted)).toBe(true);
    // Nobody fills in a modal for polls that are gone.
    for (const button of ['Close', 'Export', 'Settings']) {
      const { text } = await (await scene().admin.press(picker, button)).message();
      expect(text).toMatch(/^Every selected poll was deleted since: #\d+, #\d+, #\d+\. Nothing was changed/);
    }
  });

  test('Reopen asks when polls close, and says what is wrong with it', async () => {
    await confirmed(await (await scene().admin.press(picker, 'Close')).message());
    const modal = await (await scene().admin.press(picker, 'Reopen')).modal();
    expect(modal.title).toBe('Reopen: 3 polls selected');
    for (const [values, words] of [
      [{ Closes: 'soon' }, /is no time/],
      [{ Closes: '3d', 'Extend hours': '2' }, /either `closes` or `extend_hours`/],
      [{ 'Extend hours': 'two' }, /`extend_hours` must be more than 0/],
      [{ 'Extend hours': '-1' }, /`extend_hours` must be more than 0/],
      [{ 'Extend hours': '9'.repeat(300) }, /`extend_hours` must be .* at most 87600/],
    ] as const) {
      const answer = await asked('Reopen', values);
      expect([answer.onlyFor, answer.text]).toEqual([scene().admin.id, expect.stringMatching(words)]);
      expect(answer.text).toContain('Nothing was changed');
    }
    const past = await asked('Reopen', { Closes: '2001-01-01' });
    expect([past.button('Confirm'), past.field('Skipped')]).toEqual([
      undefined,
      expect.stringContaining('the closing time asked for has passed'),
    ]);
    const preview = await asked('Reopen', {
      'Extend hours': '1,5',
      'Reset votes': ['yes'],
      Reason: 'Once **more** @everyone',
    });
    expect(preview.text).toMatch(
      /Reopen 3 polls[\s\S]*closes: in 1\.5 h[\s\S]*votes: reset[\s\S]*Reason: Once/,
    );
    expect(await confirmed(preview)).toBe('completed');
    expect(polls.every((poll) => isOpen(poll.message))).toBe(true);
  });

  test('Settings asks for all of them in one modal; what is not filled in stays as it is', async () => {
    const modal = await (await scene().admin.press(picker, 'Settings')).modal();
    expect(modal.components).toHaveLength(5);
    const role = scene().guild.addRole('Voters', { mentionable: true });
    const preview = await asked('Settings', {
      timezone: 'europe/berlin',
      max_choices: '2',
      closes: '3d',
      ping_role: role.id,
      switches: ['anonymous: yes'],
    });
    expect(preview.text).toContain('Change the settings of 3 polls');
    for (const words of ['timezone: Europe/Berlin', 'max_choices: 2', 'anonymous: true', `<@&${role.id}>`])
      expect(preview.text).toContain(words);
    expect(await confirmed(preview)).toBe('completed');
    const shown = (await scene().ask('poll show', { poll: polls[0]!.id })).text;
    expect(shown).toMatch(/Europe\/Berlin/);
  });

  test('Settings that are wrong, contradict each other or are none are refused in words', async () => {
    const role = scene().guild.addRole('Secretive');
    for (const [values, words] of [
      [{}, /at least one of `timezone`/],
      [{ switches: ['anonymous: yes', 'anonymous: no'] }, /`anonymous` cannot be both yes and no/],
      [{ switches: ['clear_ping_role: no'] }, /at least one of/],
      [{ switches: ['anonymous: perhaps'] }, /`anonymous` must be yes or no/],
      [{ switches: ['clear_ping_role: yes'], ping_role: role.id }, /either `ping_role` or `clear_ping_role`/],
      [{ timezone: 'Mars/Olympus' }, /is no time zone/],
      [{ max_choices: '2.5' }, /`max_choices` must be a whole number/],
      [{ max_choices: '0' }, /`max_choices` must be a whole number/],
      [{ max_choices: 'all' }, /`max_choices` must be a whole number/],
      [{ closes: 'never' }, /is no time/],
      [{ ping_role: scene().guild.id }, /cannot be @\u200Beveryone/],
      [{ ping_role: '900000000000000999' }, /`ping_role` was not found/],
    ] as const) {
      const { text } = await asked('Settings', values);
      expect([values, text]).toEqual([values, expect.stringMatching(words)]);
    }
    // A role that the admin could not mention by hand is nobody's to ping.
    const { guild, sandbox } = scene();
    const hal = sandbox.person({ name: 'Hal', permissions: { [guild.id]: permission.manageGuild } });
    const theirs = await openPicker(scene(), { polls: String(polls[0]!.id) }, hal);
    await hal.press(theirs, 'Select page');
    const modal = await hal.press(theirs, 'Settings');
    const forbidden = await (await hal.submit(modal, { ping_role: role.id })).message();
    expect(forbidden.field('Skipped')).toContain('where you may not mention the role to ping');
    await clear(scene(), hal);
  });

  test('Export asks for the format and sends the file', async () => {
    await scene().voter.press(polls[0]!.message, 'Tea');
    const preview = await asked('Export', { format: ['json'], voters: ['yes'] });
    expect(preview.text).toMatch(/Export 3 polls[\s\S]*format: json[\s\S]*voters: yes/);
    const reply = await scene().admin.press(preview, 'Confirm');
    expect((await resultOf(await reply.message())).word).toBe('completed');
    const file = await reply.followUp(({ attachments }) => attachments.length > 0);
    expect(file.onlyFor).toBe(scene().admin.id);
    const rows = JSON.parse(file.attachments[0]!.data.toString()) as { number: number }[];
    expect(rows.map((row) => row.number)).toEqual(polls.map((poll) => poll.id));
    const unclear = await asked('Export', { voters: ['perhaps'] });
    expect(unclear.text).toBe('`voters` must be yes or no. Nothing was changed.');
    const plain = await asked('Export', {});
    expect(plain.text).toContain('format: csv');
    await scene().admin.press(plain, 'Cancel');
  });

  test('acts on what is selected when it is sent, and says so where nothing is', async () => {
    const late = await scene().admin.press(picker, 'Settings');
    await choosePolls(scene().admin, picker, [polls[1]!.id]);
    const preview = await (await scene().admin.submit(late, { timezone: 'Asia/Tokyo' })).message();
    expect(preview.text).toContain('Change the settings of 1 poll');
    await scene().admin.press(preview, 'Cancel');

    const open = await scene().admin.press(picker, 'Reopen');
    await scene().admin.press(picker, 'Clear');
    for (const button of ['Close', 'Delete', 'Reopen', 'Settings', 'Export']) {
      const answer = await (await scene().admin.press(picker, button)).message();
      expect([button, answer === picker, answer.text]).toEqual([
        button,
        false,
        expect.stringContaining('Nothing is selected, so nothing was changed'),
      ]);
    }
    const sent = await (await scene().admin.submit(open, { Closes: '3d' })).message();
    expect(sent.text).toContain('Nothing is selected');
  });
});
