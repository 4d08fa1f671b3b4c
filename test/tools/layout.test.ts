import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { layoutViolations } from '../../tools/layout.ts';

const rooms = ['src/low', 'src', 'commands', 'sandbox'].map((folder) => ({ folder, why: 'It is low.' }));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gavel-layout-'));
  for (const { folder } of rooms) write(`${folder}/one.ts`, 10);
  write('test/one.test.ts', 250);
});
afterEach(() => rmSync(root, { recursive: true }));

test('a house in order has nothing to say', () => {
  expect(layoutViolations(root, rooms)).toEqual([]);
});

test('a folder may have 20 files of its own, tests too', () => {
  for (let n = 1; n < 20; n++) write(`test/${n}.test.ts`, 1);
  expect(layoutViolations(root, rooms)).toEqual([]);
  write('test/last.test.ts', 1);
  expect(layoutViolations(root, rooms)).toEqual([
    'test has 21 files of its own, and at most 20 are allowed: divide it into folders.',
  ]);
});

test('a file may have 250 lines, tests too', () => {
  write('src/low/one.ts', 250);
  expect(layoutViolations(root, rooms)).toEqual([]);
  write('src/low/one.ts', 251);
  expect(layoutViolations(root, rooms)).toEqual([
    'src/low/one.ts has 251 lines, and at most 250 are allowed: move what can stand alone to its own file.',
  ]);
  write('src/low/one.ts', 250);
  write('test/one.test.ts', 251);
  expect(layoutViolations(root, rooms)).toEqual([
    'test/one.test.ts has 251 lines, and at most 250 are allowed: move what can stand alone to its own file.',
  ]);
});

test('half of the files have at most 100 lines', () => {
  write('src/one.ts', 101);
  write('commands/one.ts', 120);
  expect(layoutViolations(root, rooms)).toEqual([]);
  write('src/low/one.ts', 102);
  expect(layoutViolations(root, rooms)).toEqual([
    'Half of the files in src, commands, sandbox have 101 lines or more, and 100 are allowed: ' +
      'divide the longest, such as commands/one.ts.',
  ]);
});

test('each folder with code is in the list of rooms, and each room in it is there', () => {
  write('src/new/one.ts', 1);
  rmSync(join(root, 'src/low'), { recursive: true });
  expect(layoutViolations(root, rooms)).toEqual([
    'src/new is not in tools/rooms.ts: list it behind the rooms that it imports from.',
    'src/low is in tools/rooms.ts and has no files: take it off the list.',
  ]);
});

function write(file: string, lines: number): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), '\n'.repeat(lines));
}
