import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type FilePart, type FilePiece, fileParts } from '../../../src/bulk/export/file-parts.ts';

const frame = { head: '[\n', between: ',\n', tail: '\n]\n' };

async function* from(pieces: readonly FilePiece[]): AsyncGenerator<FilePiece> {
  yield* pieces;
}

async function all(pieces: readonly FilePiece[], limit: number): Promise<FilePart[]> {
  return await Array.fromAsync(fileParts(from(pieces), frame, limit));
}

function repetitive(count: number): FilePiece[] {
  return Array.from({ length: count }, (_, index) => ({
    pollId: index + 1,
    text: JSON.stringify({ number: index + 1, question: 'Tea or coffee? '.repeat(10) }),
  }));
}

/** Texts that no compression makes much smaller; the same in every run. */
function dense(count: number, length: number): FilePiece[] {
  let state = 12345;
  const digit = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * 36).toString(36);
  };
  return Array.from({ length: count }, (_, index) => ({
    pollId: index + 1,
    text: JSON.stringify({ number: index + 1, question: Array.from({ length }, digit).join('') }),
  }));
}

function numbersIn(part: FilePart): number[] {
  const text = part.compressed ? gunzipSync(part.data!) : part.data!;
  return JSON.parse(text.toString()).map((row: { number: number }) => row.number);
}

describe('file parts', () => {
  test('are one plain file while everything fits', async () => {
    const parts = await all(repetitive(20), 1_000_000);
    expect(parts).toHaveLength(1);
    expect(parts[0]!.compressed).toBe(false);
    expect(numbersIn(parts[0]!)).toEqual(repetitive(20).map((piece) => piece.pollId));
  });

  test('are one compressed file when plain text is too large', async () => {
    const parts = await all(repetitive(20), 2000);
    expect(parts).toHaveLength(1);
    expect(parts[0]!.compressed).toBe(true);
    expect(parts[0]!.data!.length).toBeLessThanOrEqual(2000);
    expect(numbersIn(parts[0]!)).toHaveLength(20);
  });

  test('are several files, each valid by itself, in order and without gap or repeat, when even that is too large', async () => {
    const pieces = dense(101, 300);
    const parts = await all(pieces, 5000);
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) {
      expect(part.data!.length).toBeLessThanOrEqual(5000);
      expect(numbersIn(part)).toEqual(part.pollIds);
    }
    expect(parts.flatMap((part) => part.pollIds)).toEqual(pieces.map((piece) => piece.pollId));
  });

  test('name a poll that fits into no file, and hold the others', async () => {
    const pieces = dense(5, 300);
    const giant = { pollId: 3, text: dense(1, 20_000)[0]!.text };
    const parts = await all([...pieces.slice(0, 2), giant, ...pieces.slice(3)], 2000);
    expect(parts.filter((part) => part.data === null).map((part) => part.pollIds)).toEqual([[3]]);
    const sent = parts.filter((part) => part.data !== null).flatMap((part) => part.pollIds);
    expect(sent).toEqual([1, 2, 4, 5]);
  });

  test('take pieces only as they are needed', async () => {
    let taken = 0;
    async function* counted() {
      for (const piece of dense(1000, 300)) {
        taken += 1;
        yield piece;
      }
    }
    const first = await fileParts(counted(), frame, 5000).next();
    expect(first.done).toBe(false);
    expect(taken).toBeLessThan(100);
  });

  test('are none where there is nothing', async () => {
    expect(await all([], 1000)).toEqual([]);
  });
});
