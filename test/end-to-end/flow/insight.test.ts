import { expect, test } from 'vitest';
import { permission } from '../../../sandbox/world/permissions.ts';
import { describeFlow } from '../describe-flow.ts';
import { numberOf, resultOf } from '../progress-frames.ts';

describeFlow('looking back at operations', { databases: ['pglite', 'postgres'] }, (scene) => {
  /** Operations that ran in this test file so far. */
  const ran: number[] = [];

  async function closed(count: number, options: Record<string, string> = {}): Promise<number> {
    const polls = await scene().polls(count, [scene().channel('votes')]);
    const progress = await scene().begin(polls, options);
    await resultOf(progress);
    ran.push(numberOf(progress));
    return ran.at(-1)!;
  }

  test('history lists them newest first, is private, and turns its pages', async () => {
    const ids = [await closed(1), await closed(2, { reason: 'the *end* @everyone' }), await closed(1)];
    const page = await scene().ask('bulk history', { limit: 2, type: 'close', admin: scene().admin.id });
    expect(page.ephemeral).toBe(true);
    expect(page.text).toMatch(
      new RegExp(`#${ids[2]}.*1 poll .*completed[\\s\\S]*#${ids[1]}.*2 polls .*2 done`),
    );
    expect(page.text).toContain('“the \\*end\\*');
    expect(page.text).not.toContain(`#${ids[0]}**`);
    await scene().admin.press(page, '▶');
    await page.until(({ text }) => text.includes(`#${ids[0]}**`));
    expect(page.text).not.toContain(`#${ids[1]}**`);
    await scene().admin.press(page, '◀');
    await page.until(({ text }) => text.includes(`#${ids[2]}**`));
    const none = await scene().ask('bulk history', { status: 'timed out' });
    expect(none.text).toContain('No operation matches');
  });

  test('history shows nothing to voters and to admins of other servers, also not to forged buttons', async () => {
    const id = await closed(1);
    const other = scene().sandbox.addGuild({ name: 'Elsewhere', channels: ['hall'] });
    const stranger = scene().sandbox.person({
      name: 'Max',
      permissions: { [other.id]: permission.manageGuild },
    });
    const hall = other.channel('hall');
    const own = await (await stranger.slash(hall, 'bulk history')).message();
    expect(own.text).toContain('No operation has been started yet');
    const mine = await scene().ask('bulk history', { limit: 1 });
    const forged = await stranger.pressCustomId(own, mine.button('▶')!.custom_id!);
    await forged.message();
    expect(own.text).not.toContain(`#${id}`);
    const refused = await (await scene().voter.slash(scene().channel('general'), 'bulk history')).message();
    expect(refused.text).toContain('Only people with *Manage Server*');
    for (const bad of ['history-on:0:10:-:-', "history-on:0:10:-:-:' or true", 'history-back']) {
      const answer = await (await scene().admin.pressCustomId(mine, bad)).message();
      expect(answer.text).toContain('This button no longer works');
    }
    for (const command of ['bulk audit', 'bulk report']) {
      const foreign = await (await stranger.slash(hall, command, { operation: id })).message();
      expect(foreign.text).toContain(`Operation #${id} was not found`);
    }
  });

  test('stats count them, as text and as a picture', async () => {
    await closed(3);
    const before = await scene().ask('bulk stats', {});
    expect(before.ephemeral).toBe(true);
    expect(before.text).toContain(`**${ran.length}** operations`);
    expect(before.field('close')).toMatch(/operations: \d+ completed\nPolls: \d+ done, 0 failed, 0 skipped/);
    expect(before.field('close')).toContain('Success: 100 %, failure: 0 %');
    const [picture] = before.attachments;
    expect(picture!.name).toBe('stats-30-days.png');
    expect(before.embeds[0]!.image!.url).toBe('attachment://stats-30-days.png');
    expect(picture!.data.subarray(1, 4).toString()).toBe('PNG');
    const elsewhere = scene().sandbox.addGuild({ name: 'Quiet', channels: ['hall'] });
    const none = await (
      await scene().admin.slash(elsewhere.channel('hall'), 'bulk stats', { days: 90 })
    ).message();
    expect(none.text).toContain('No operation was started in this time');
    expect(none.attachments).toHaveLength(1);
  });

  test('audit tells who did what, when and where, and that the chain verifies', async () => {
    const polls = await scene().polls(30, [scene().channel('votes')]);
    const progress = await scene().begin(polls, { reason: 'enough', notify: true });
    const id = numberOf(progress);
    await (await scene().admin.press(progress, 'Pause')).message();
    await progress.until((message) => message.button('Resume') !== undefined);
    await (await scene().superAdmin.press(progress, 'Resume')).message();
    expect((await resultOf(progress)).word).toBe('completed');
    ran.push(id);
    const audit = await scene().ask('bulk audit', { operation: id });
    expect(audit.ephemeral).toBe(true);
    expect(audit.field('Who')).toContain(scene().admin.id);
    expect(audit.field('Where')).toContain(`Home (\`${scene().guild.id}\`), #general`);
    expect(audit.field('Where')).toContain('Locale: en-GB');
    expect(audit.field('What')).toBe('**close** · 30 polls\nReason: enough');
    expect(audit.field('Parameters')).toContain('notify: true');
    expect(audit.field('Polls')).toBe(polls.map(({ id }) => `#${id}`).join(', '));
    expect(audit.field('Result')).toMatch(/^\*\*completed\*\* <t:\d+:F> · 30 done, 0 failed, 0 skipped$/);
    expect(audit.field('Audit chain')).toMatch(/^Verified: all \d+ rows/);
    expect(audit.text).toMatch(new RegExp(`paused\\*\\* by <@${scene().admin.id}>`));
    expect(audit.text).toMatch(new RegExp(`resumed\\*\\* by <@${scene().superAdmin.id}>`));
    const [file] = audit.attachments;
    expect(file!.name).toBe(`audit-${id}.json`);
    const { entries, polls: items, chain } = JSON.parse(file!.data.toString());
    expect(items).toHaveLength(30);
    expect(chain.broken).toBeNull();
    const events = entries.map(({ event }: { event: string }) => event);
    expect(events.slice(0, 2)).toEqual(['previewed', 'confirmed']);
    expect(events).toEqual(expect.arrayContaining(['started', 'applied', 'paused', 'resumed', 'finished']));
    expect(file!.data.toString()).not.toMatch(/token/i);
  });
});
