import { describe, expect, inject, test } from 'vitest';
import { check } from '../../../sandbox/shows/chaos/check.ts';
import { playRound } from '../../../sandbox/shows/chaos/round.ts';
import { type Rows, readRows } from '../../../sandbox/shows/chaos/rows.ts';
import { runChaos } from '../../../sandbox/shows/chaos/run-chaos.ts';
import { type Stand, startStand } from '../../../sandbox/shows/chaos/stand.ts';

/** Of the day: a finding names it, and a longer run begins wherever it likes. */
const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Date.now() / 86_400_000));
const say = (line: string) => console.log(line);

describe.each([
  { database: 'embedded', processes: 1, kills: 6 },
  { database: 'postgres', processes: 2, kills: 12 },
] as const)('$database, $processes processes', (parts) => {
  test('nothing is lost or done twice whenever a process is killed', async () => {
    const server = parts.database === 'postgres' ? { serverUrl: inject('postgresUrl') } : {};
    const { findings, kills } = await runChaos({ ...parts, ...server, seed, say });
    expect(findings).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(parts.kills);
  }, 300_000);
});

test('a round that lost, doubled or invented something is told', async () => {
  const stand = await startStand({ databaseUrl: null, processes: 1, seed });
  try {
    const done = new Set<number>();
    expect(await playRound(stand, null, done)).toEqual([]);
    await stand.keeper.end();
    const rows = await readRows(stand.env);
    expect(find(stand, rows)).toEqual([]);

    const voted = rows.polls.find(({ id }) => stand.polls.get(id)?.voted.size)!;
    const lost = rows.votes.filter(({ poll_id }) => poll_id !== voted.id);
    expect(find(stand, { ...rows, votes: lost })).toContainEqual(
      expect.stringMatching(/the vote of .* is lost/),
    );

    const invented = [...rows.votes, { poll_id: voted.id, position: 0, user_id: 'nobody' }];
    expect(find(stand, { ...rows, votes: invented })).toEqual([
      expect.stringContaining('nobody cast the vote'),
    ]);

    const shown = rows.polls.find(({ deleted, status }) => !deleted && status !== 'closed')!;
    const closed = rows.polls.map((row) => (row === shown ? { ...row, status: 'closed' as const } : row));
    expect(find(stand, { ...rows, polls: closed })).toEqual([
      expect.stringMatching(new RegExp(`poll ${shown.id} is .*closed`)),
    ]);

    const operation = rows.operations[0]!;
    const twice = [...rows.audit, { operation_id: operation.id, event: 'finished' }];
    const again = { ...rows, audit: twice };
    expect(find(stand, again, new Set())).toContainEqual(expect.stringContaining('was finished 2 times'));

    const message = stand.sandbox.message(shown.message_id!);
    const { content, embeds, components } = message;
    const parts = { content, embeds: [...embeds], components: [...components], attachments: [], flags: 0 };
    stand.sandbox.world.addMessage(stand.sandbox.channel(message.channelId), {
      authorId: message.authorId,
      nonce: null,
      onlyFor: null,
      interactionId: null,
      parts: { ...parts, mentions: message.mentions },
    });
    expect(find(stand, rows)).toEqual([expect.stringContaining(`poll ${shown.id} has 2 messages`)]);
  } finally {
    await stand.close();
  }
}, 120_000);

function find(
  { sandbox, polls }: Stand,
  rows: Rows,
  done: ReadonlySet<number> = new Set(rows.operations.map(({ id }) => id)),
): readonly string[] {
  return check({ sandbox, polls, rows, done, refusing: new Set() }).findings;
}
