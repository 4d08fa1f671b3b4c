import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Room, rooms } from './rooms.ts';

const mostFiles = 20;
const mostLines = 250;
const medianLines = 100;
const coded = ['src', 'commands', 'sandbox'];

/** What is wrong with the folders and files below `root`, and what to do: a sentence or two for each. */
export function layoutViolations(root: string, list: readonly Room[] = rooms): string[] {
  const files = [...coded, 'test'].flatMap((top) => filesBelow(root, top));
  const lengths = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, lines: linesOf(join(root, file)) }));
  const code = lengths.filter(({ file }) => !file.startsWith('test/'));
  return [
    ...fullFolders(files),
    ...longFiles(lengths),
    ...longMedian(code),
    ...unlistedRooms(new Set(code.map(({ file }) => dirname(file))), list),
  ];
}

/** With `/` between folders, relative to `root`. */
function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(root, path) : [path];
  });
}

function linesOf(path: string): number {
  return readFileSync(path, 'utf8').split('\n').length - 1;
}

function fullFolders(files: readonly string[]): string[] {
  return [...Map.groupBy(files, (file) => dirname(file))]
    .filter(([, own]) => own.length > mostFiles)
    .map(
      ([folder, own]) =>
        `${folder} has ${own.length} files of its own, and at most ${mostFiles} are allowed: divide it into folders.`,
    );
}

interface Length {
  readonly file: string;
  readonly lines: number;
}

function longFiles(lengths: readonly Length[]): string[] {
  return lengths
    .filter(({ lines }) => lines > mostLines)
    .map(
      ({ file, lines }) =>
        `${file} has ${lines} lines, and at most ${mostLines} are allowed: move what can stand alone to its own file.`,
    );
}

function longMedian(lengths: readonly Length[]): string[] {
  const sorted = lengths.toSorted((a, b) => b.lines - a.lines);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined || median.lines <= medianLines) return [];
  return [
    `Half of the files in ${coded.join(', ')} have ${median.lines} lines or more, and ${medianLines} are allowed: ` +
      `divide the longest, such as ${sorted[0]?.file}.`,
  ];
}

function unlistedRooms(folders: ReadonlySet<string>, list: readonly Room[]): string[] {
  const listed = new Set(list.map(({ folder }) => folder));
  return [
    ...[...folders.difference(listed)].map(
      (folder) => `${folder} is not in tools/rooms.ts: list it behind the rooms that it imports from.`,
    ),
    ...[...listed.difference(folders)].map(
      (folder) => `${folder} is in tools/rooms.ts and has no files: take it off the list.`,
    ),
  ];
}
