import { describe, expect, test } from 'vitest';
import {
  bulkDeleteChannels,
  type DeleteLoad,
  deleteLoads,
  deleteRequests,
} from '../../../src/delivery/pace/bulk-delete-choice.ts';
import { estimate } from '../../../src/delivery/pace/estimate.ts';
import { channelId, messageIdAt } from '../snowflakes.ts';

const now = new Date('2026-11-23T12:00:00Z');
const day = 86_400_000;

function load(channel: number, young: number, more: Partial<DeleteLoad> = {}): DeleteLoad {
  return { channelId: channelId(channel), serverId: 'server', young, old: 0, ...more };
}

function chosen(...loads: DeleteLoad[]): string[] {
  return [...bulkDeleteChannels(loads)];
}

function messages(count: number, channels: number, ageMs = 60_000) {
  return Array.from({ length: count }, (_, i) => ({
    channelId: channelId(i % channels),
    messageId: messageIdAt(now.getTime() - ageMs, i),
  }));
}

describe('the choice between bulk-deletes and single ones', () => {
  test('takes bulk-deletes where one channel holds many young messages', () => {
    expect(chosen(load(1, 1000))).toEqual([channelId(1)]);
    expect(chosen(load(1, 2))).toEqual([channelId(1)]);
  });

  test('takes single ones for one message, for old ones, and where the bot may not', () => {
    expect(chosen(load(1, 1))).toEqual([]);
    expect(chosen(load(1, 0, { old: 500 }))).toEqual([]);
    expect(chosen(load(1, 500, { serverId: null }))).toEqual([]);
  });

  test('leaves channels to single ones where the server would wait longer for its bulk-deletes', () => {
    const loads = Array.from({ length: 40 }, (_, i) => load(i, 25));
    const bulk = chosen(...loads);
    expect(bulk.length).toBeGreaterThan(5);
    expect(bulk.length).toBeLessThan(20);
  });

  test('gives the bulk-deletes of a server to its fullest channels', () => {
    expect(chosen(...Array.from({ length: 30 }, (_, i) => load(i, 5)), load(99, 900))).toEqual([
      channelId(99),
    ]);
  });

  test('is made for each server by itself', () => {
    expect(chosen(load(1, 1000), load(2, 1000, { serverId: 'other' }))).toHaveLength(2);
  });

  test('never leaves a message alone in a bulk-delete', () => {
    expect(deleteRequests(load(1, 101), true)).toEqual({ calls: 1, singles: 1 });
    expect(deleteRequests(load(1, 200), true)).toEqual({ calls: 2, singles: 0 });
    expect(deleteRequests(load(1, 102, { old: 3 }), true)).toEqual({ calls: 2, singles: 3 });
  });

  test('counts a message as old an hour before Discord does', () => {
    const jobs = [13.9, 13.99, 14.1].map((days) => ({
      channelId: channelId(1),
      messageId: messageIdAt(now.getTime() - days * day, 1),
    }));
    const loads = deleteLoads(
      [...jobs, { channelId: channelId(1), messageId: null }],
      now.getTime(),
      () => 's',
    );
    expect(loads).toEqual([{ channelId: channelId(1), serverId: 's', young: 1, old: 2 }]);
  });
});

describe('the estimate of a delete', () => {
  const inOneServer = () => 'server';

  test('is a second for each hundred young messages of a channel', () => {
    expect(estimate(messages(1000, 1), now, { kind: 'delete', bulkDeletes: inOneServer })).toMatchObject({
      minimumMs: 9_000,
      slowestChannelId: channelId(0),
      slowestMs: 9_000,
    });
  });

  test('is five messages a second and channel where the bot may not delete many at once', () => {
    expect(estimate(messages(1000, 1), now, { kind: 'delete' }).minimumMs).toBe(199_000);
  });

  test('is never longer for being allowed bulk-deletes', () => {
    for (const [count, channels] of [
      [3, 1],
      [40, 3],
      [1000, 40],
      [1000, 7],
      [999, 150],
    ] as const) {
      for (const ageMs of [60_000, 20 * day]) {
        const jobs = messages(count, channels, ageMs);
        const bulk = estimate(jobs, now, { kind: 'delete', bulkDeletes: inOneServer }).expectedMs;
        expect(bulk).toBeLessThanOrEqual(estimate(jobs, now, { kind: 'delete' }).expectedMs);
      }
    }
  });
});
