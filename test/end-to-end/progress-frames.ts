import { expect } from 'vitest';
import type { SandboxMessage } from '../../sandbox/world/message.ts';

/** What a progress message counted in each of its versions. */
export function frames(message: SandboxMessage) {
  return message.versions.flatMap(({ embeds }) => {
    const value = (name: string) => embeds[0]?.fields?.find((field) => field.name === name)?.value;
    if (value('Done') === undefined) return [];
    const counts = ['Done', 'Failed', 'Skipped', 'Waiting'].map((name) => {
      expect(value(name)).toMatch(/^\d+$/);
      return Number(value(name));
    });
    return [{ done: counts[0]!, failed: counts[1]!, skipped: counts[2]!, waiting: counts[3]! }];
  });
}

/** Every version counts up to the total, and `Done` never goes back. */
export function expectCountsToAddUp(message: SandboxMessage, total: number): void {
  const all = frames(message);
  expect(all.length).toBeGreaterThan(0);
  for (const { done, failed, skipped, waiting } of all) expect(done + failed + skipped + waiting).toBe(total);
  const done = all.map((frame) => frame.done);
  expect(done).toEqual([...done].sort((a, b) => a - b));
}

const results = ['completed', 'completed with failures', 'cancelled', 'timed out', 'failed'];

/** Waits for the result; its word, and the last counts in the order done, failed, skipped, waiting. */
export async function resultOf(
  progress: SandboxMessage,
  timeoutMs = 30_000,
): Promise<{ word: string; counts: number[] }> {
  const word = (message: SandboxMessage) => {
    const after = / · ([a-z ]+)$/.exec(message.embeds[0]?.title ?? '')?.[1] ?? '';
    return results.includes(after) ? after : null;
  };
  await progress.until((message) => word(message) !== null, timeoutMs);
  const { done, failed, skipped, waiting } = frames(progress).at(-1)!;
  return { word: word(progress)!, counts: [done, failed, skipped, waiting] };
}

/** The operation's number in a progress message. */
export function numberOf(progress: SandboxMessage): number {
  return Number(/Operation #(\d+)/.exec(progress.text)?.[1]);
}

export function isOpen(message: SandboxMessage): boolean {
  return message.buttons.some((button) => !button.disabled) && !/\*\*closed\*\*/.test(message.text);
}

export function isClosed(message: SandboxMessage): boolean {
  return /closed/.test(message.text) && message.buttons.every((button) => button.disabled);
}
