import type { ButtonStyle } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import type { MessageBody } from '../../src/base/message-body.ts';
import { pingMessage, renderPoll } from '../../src/polls/message.ts';
import { hostileTexts } from './hostile-texts.ts';
import { minutes, now, poll } from './poll-fixture.ts';

const tally = { counts: [3, 1, 0], voters: 4 };

describe('a poll’s message', () => {
  test('shows the votes of an active poll and a button an option', () => {
    const body = renderPoll(poll({ closesAt: minutes(60), timezone: 'Europe/Berlin' }), tally);
    expect(text(body)).toContain('Tea or coffee?');
    expect(text(body)).toContain('75% · 3 votes');
    expect(text(body)).toContain('2026-11-01 14:00 Europe/Berlin');
    expect(text(body)).not.toContain('closed');
    expect(buttons(body).map((button) => [button.label, button.custom_id, button.disabled])).toEqual([
      ['Tea', 'vote:12:0', false],
      ['Coffee', 'vote:12:1', false],
      ['Water', 'vote:12:2', false],
    ]);
    expect(body.embeds?.[0]?.footer?.text).toBe('#12 · active · one choice · 4 voters');
  });

  test('says closed, has no enabled button and names the winner', () => {
    const body = renderPoll(poll({ status: 'closed', closedAt: now }), tally);
    expect(text(body)).toContain('closed');
    expect(text(body)).toContain('Winner: **Tea** with 3 votes');
    expect(body.components).toEqual([]);
  });

  test('names a tie, and says so when nobody voted', () => {
    const closed = poll({ status: 'closed', closedAt: now });
    expect(text(renderPoll(closed, { counts: [2, 2, 1], voters: 5 }))).toContain(
      'Tie: **Tea**, **Coffee** with 2 votes each',
    );
    expect(text(renderPoll(closed, { counts: [0, 0, 0], voters: 0 }))).toContain('Nobody voted');
  });

  test('says when a scheduled poll opens and lets nobody vote', () => {
    const body = renderPoll(poll({ status: 'scheduled', opensAt: minutes(5) }), {
      counts: [0, 0, 0],
      voters: 0,
    });
    expect(text(body)).toContain('Opens <t:1793534700:R>');
    expect(text(body)).not.toContain('closed');
    expect(buttons(body).every((button) => button.disabled)).toBe(true);
  });

  test('shows no votes of an anonymous poll before it is closed', () => {
    const before = renderPoll(poll({ anonymous: true }), tally);
    expect(JSON.stringify(before)).not.toMatch(/votes"|\d+ vote|%|4 voters|▰/);
    expect(text(before)).not.toContain('closed');
    const after = renderPoll(poll({ anonymous: true, status: 'closed', closedAt: now }), tally);
    expect(text(after)).toContain('75% · 3 votes');
  });

  test.each(hostileTexts)('stays within Discord’s limits with %s everywhere', (_, hostile) => {
    for (const status of ['scheduled', 'active', 'closed'] as const) {
      const wild = poll({
        status,
        question: hostile,
        options: Array.from({ length: 20 }, () => hostile),
        maxChoices: 20,
        opensAt: now,
        closesAt: minutes(1),
        closedAt: now,
        timezone: 'America/Argentina/ComodRivadavia',
      });
      const body = renderPoll(wild, { counts: Array.from({ length: 20 }, () => 123_456), voters: 123_456 });
      const embed = body.embeds?.[0];
      expect(embed?.description?.length).toBeLessThanOrEqual(4096);
      expect(embed?.footer?.text.length).toBeLessThanOrEqual(2048);
      expect(embed?.description).not.toMatch(/@everyone|@here|<@[!&]?\d/);
      expect(body.components?.length ?? 0).toBeLessThanOrEqual(4);
      expect(buttons(body).length).toBe(status === 'closed' ? 0 : 20);
      for (const button of buttons(body)) {
        expect(button.label.length).toBeGreaterThan(0);
        expect(button.label.length).toBeLessThanOrEqual(80);
      }
    }
  });
});

test('the ping names the role and nobody else', () => {
  const body = pingMessage(
    poll({ pingRoleId: '900000000000000401', question: '@everyone <@&1>' }),
    new Date('2026-11-01T12:00:00Z'),
  );
  expect(body.mentionRoleId).toBe('900000000000000401');
  expect(body.content).toContain('<@&900000000000000401>');
  expect(body.content).not.toMatch(/@everyone|<@&1>/);
});

function text(body: MessageBody): string {
  return body.embeds?.[0]?.description ?? '';
}

function buttons(
  body: MessageBody,
): { label: string; custom_id: string; disabled: boolean; style: ButtonStyle }[] {
  return (body.components ?? []).flatMap((row) => row.components) as never;
}
