import { describe, expect, test } from 'vitest';
import { chartImage } from '../../../src/bulk/insight/chart-image.ts';
import { statsChart } from '../../../src/bulk/insight/stats-chart.ts';
import { renderStats } from '../../../src/bulk/insight/stats-embed.ts';
import { type ResultOrOpen, readStats, type Stats } from '../../../src/bulk/insight/stats-store.ts';
import { everyServer, oneServer } from '../../../src/polls/scope.ts';
import { now, serverId } from '../../polls/poll-fixture.ts';
import { describeEachDatabase } from '../../support/databases.ts';
import { madeOperation } from '../operation-rows.ts';

const hourMs = 60 * 60_000;
const foreign = '900000000000000002';
/** Operations of the last days, of several kinds, with every result. */
const sample = Array.from({ length: 60 }, (_, index) => ({
  kind: ['close', 'close', 'undo', 'delete'][index % 4]!,
  state: (['completed', 'completed with failures', 'cancelled', 'timed out', 'failed', 'running'] as const)[
    index % 6
  ]!,
  at: new Date(now.getTime() - index * 17 * hourMs),
  ms: 1000 * (index + 1),
  scope: index % 7 === 0 ? foreign : serverId,
  done: Array.from({ length: index % 5 }, (_, poll) => 1000 * index + poll + 1),
  failed: Array.from({ length: index % 3 }, (_, poll) => ({
    poll: 1000 * index + 100 + poll,
    message: index % 2 === 0 ? `no access to <#9000000000000001${index}>` : 'Discord is down',
    code: index % 2 === 0 ? '50001' : '500',
  })),
  skipped: Array.from({ length: index % 2 }, (_, poll) => 1000 * index + 200 + poll),
}));

describeEachDatabase('stats', (fresh) => {
  for (const [days, who] of [
    [30, 'everybody'],
    [7, 'everybody'],
    [1, 'everybody'],
    [100, 'everybody'],
    [1000, 'everybody'],
    [30, 'one server'],
  ] as const) {
    test(`agree with rows counted one by one: ${days} days, ${who}`, async () => {
      const db = await fresh();
      for (const operation of sample) await madeOperation(db, operation);
      const scope = who === 'everybody' ? everyServer : oneServer(serverId);
      const stats = await readStats(db, scope, days, now);
      const counted = sample.filter(
        ({ at, scope: server }) =>
          at.getTime() > now.getTime() - days * 24 * hourMs && (scope.all || server === serverId),
      );
      expect(stats.kinds.reduce((sum, kind) => sum + kind.operations, 0)).toBe(counted.length);
      for (const kind of stats.kinds) {
        const own = counted.filter((operation) => operation.kind === kind.kind);
        const count = (list: 'done' | 'failed' | 'skipped') =>
          own.reduce((sum, one) => sum + one[list].length, 0);
        expect(kind).toMatchObject({
          operations: own.length,
          done: count('done'),
          failed: count('failed'),
          skipped: count('skipped'),
        });
        for (const state of [
          'completed',
          'completed with failures',
          'cancelled',
          'timed out',
          'failed',
        ] as const) {
          expect(kind.outcomes[state] ?? 0).toBe(own.filter((operation) => operation.state === state).length);
        }
        const ended = own.filter(({ state }) => state !== 'running');
        const tried = ended.reduce((sum, one) => sum + one.done.length + one.failed.length, 0);
        const ms = ended.reduce((sum, one) => sum + one.ms, 0);
        if (tried > 0) expect(kind.meanMsPerPoll).toBeCloseTo(ms / tried, 3);
        else expect(kind.meanMsPerPoll).toBeNull();
      }
      const failures = counted.flatMap((operation) => operation.failed);
      const access = failures.filter(({ code }) => code === '50001').length;
      const down = failures.filter(({ code }) => code === '500').length;
      expect([...stats.errors].sort((a, b) => a.code!.localeCompare(b.code!))).toEqual(
        [
          { message: 'Discord is down', code: '500', count: down },
          { message: 'no access to a channel', code: '50001', count: access },
        ].filter(({ count }) => count > 0),
      );
      expect(stats.hours).toEqual(
        Array.from({ length: 24 }, (_, hour) => counted.filter(({ at }) => at.getUTCHours() === hour).length),
      );
      const charted = stats.buckets.flatMap((bucket) => Object.values(bucket.outcomes));
      expect(charted.reduce((sum, count) => sum + count, 0)).toBe(counted.length);
    });
  }

  test('chart each day without gaps, also days on which nothing ran', async () => {
    const db = await fresh();
    await madeOperation(db, { at: new Date(now.getTime() - 3 * 24 * hourMs) });
    const { buckets, unit } = await readStats(db, everyServer, 30, now);
    expect(unit).toBe('day');
    expect(buckets).toHaveLength(31);
    const gaps = buckets
      .slice(1)
      .map(({ start }, index) => start.getTime() - buckets[index]!.start.getTime());
    expect(new Set(gaps)).toEqual(new Set([24 * hourMs]));
    expect(buckets.filter(({ outcomes }) => outcomes.completed === 1)).toHaveLength(1);
  });
});

function drawn(buckets: number, perBucket: number, errors: Stats['errors'] = []): Stats {
  const outcomes: Partial<Record<ResultOrOpen, number>> =
    perBucket === 0 ? {} : { completed: perBucket, failed: perBucket };
  return {
    from: now,
    to: now,
    unit: 'day',
    kinds: [],
    hours: new Array(24).fill(0),
    errors,
    buckets: Array.from({ length: buckets }, (_, index) => ({
      start: new Date(now.getTime() - (buckets - 1 - index) * 24 * hourMs),
      outcomes,
    })),
  };
}

describe('the chart', () => {
  for (const [buckets, perBucket] of [
    [2, 0],
    [2, 1],
    [31, 7],
    [91, 123_456],
  ] as const) {
    test(`is a PNG whose labels stay clear of each other: ${buckets} days of ${perBucket}`, async () => {
      const svg = statsChart(drawn(buckets, perBucket), buckets);
      const labels = [...svg.matchAll(/<text x="([\d.]+)" y="314"[^>]*>([^<]+)</g)].map(([, x, label]) => ({
        x: Number(x),
        half: (label!.length * 8.6) / 2,
      }));
      expect(labels.length).toBeGreaterThan(0);
      for (const [index, label] of labels.entries()) {
        expect(label.x - label.half).toBeGreaterThan(0);
        expect(label.x + label.half).toBeLessThan(760);
        const next = labels[index + 1];
        if (next) expect(label.x + label.half).toBeLessThan(next.x - next.half);
      }
      const png = await chartImage(svg);
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect(png.readUInt32BE(16)).toBe(1520);
    });
  }

  test('is drawn whatever the causes of errors say', async () => {
    const hostile = [
      '</text><script>',
      '&amp; "quotes" \u0000\u0008\uFFFE',
      '\uD800 alone',
      '😀'.repeat(300),
      'שלום',
    ];
    const errors = hostile.map((message, index) => ({ message, code: null, count: index + 1 }));
    const svg = statsChart(drawn(3, 1, errors), 3);
    expect(svg).not.toContain('<script>');
    expect((await chartImage(svg)).length).toBeGreaterThan(10_000);
  });

  test('comes with text that says the same, within the limits of an embed', () => {
    const kinds = ['close', 'delete', 'reopen', 'status', 'settings', 'export', 'undo'].map((kind) => ({
      kind,
      operations: 1_000_000,
      outcomes: {
        completed: 1,
        'completed with failures': 2,
        cancelled: 3,
        'timed out': 4,
        failed: 5,
        open: 6,
      },
      done: 999,
      failed: 1,
      skipped: 3,
      meanMsPerPoll: 51.4,
    }));
    const errors = Array.from({ length: 5 }, () => ({ message: '*'.repeat(2000), code: '50001', count: 9 }));
    const hours = new Array(24).fill(0).with(23, 5).with(9, 8);
    const body = renderStats({ ...drawn(3, 1, errors), kinds, hours }, 30, Buffer.alloc(1));
    const embed = body.embeds![0]!;
    expect(embed.description).toContain(
      '**7000000** operations · polls: **6993** done, **7** failed, **21** skipped',
    );
    expect(embed.fields![0]!.value).toContain('Success: 99.9 %, failure: 0.1 %\nMean time a poll: 51 ms');
    expect(embed.fields!.at(-1)!.value).toBe('09:00–10:00 (8), 23:00–00:00 (5)');
    expect(embed.image!.url).toBe(`attachment://${body.files![0]!.name}`);
    for (const { value } of embed.fields!) expect(value.length).toBeLessThanOrEqual(1024);
    const length = embed.fields!.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
    expect(length + embed.title!.length + embed.description!.length).toBeLessThanOrEqual(6000);
  });
});
