import { posix } from 'node:path';
import { type PackageRule, packageRules, type Room, rooms } from './rooms.ts';

/** biome.json extends this file. */
export const guardsFile = 'tools/room-guards.jsonc';

/** The text of `guardsFile`: a line for each room, with what its files must not import and why, as biome reads it. */
export function roomGuards(
  list: readonly Room[] = rooms,
  rules: readonly PackageRule[] = packageRules,
): string {
  const lines = list.map((room) => {
    const options = { patterns: [...forbiddenRooms(room, list), ...forbiddenPackages(room, rules)] };
    const rule = { noRestrictedImports: { level: 'error', options } };
    return JSON.stringify({ includes: [`${room.folder}/*.ts`], linter: { rules: { style: rule } } });
  });
  return `// Follows from tools/rooms.ts by \`npm run format\`.\n{"overrides": [\n${lines.join(',\n')}\n]}\n`;
}

interface Pattern {
  readonly group: readonly string[];
  readonly message: string;
}

/** A folder all of whose rooms are forbidden is one pattern. */
function forbiddenRooms({ folder, why, never = [] }: Room, list: readonly Room[]): Pattern[] {
  const at = list.findIndex((room) => room.folder === folder);
  const folders = list
    .filter((room, index) => index > at || (index < at && isIn(room.folder, never)))
    .map((room) => room.folder);
  const whole = folders.filter((name) =>
    list.every((room) => !isIn(room.folder, [name]) || folders.includes(room.folder)),
  );
  const group = folders
    .filter((name) => !whole.some((above) => above !== name && isIn(name, [above])))
    .map((name) => `${specifier(folder, name)}/${whole.includes(name) ? '**' : '*'}`);
  return group.length === 0
    ? []
    : [{ group, message: `No import for ${folder}. ${why} tools/rooms.ts has the order of the rooms.` }];
}

/** `src` itself puts everything together, and the stand-in is no part of the bot. */
function forbiddenPackages({ folder }: Room, rules: readonly PackageRule[]): Pattern[] {
  if (folder === 'src' || !isIn(folder, ['src', 'commands'])) return [];
  return rules
    .filter(({ onlyIn }) => !isIn(folder, onlyIn))
    .map(({ names, why }) => ({ group: names, message: why }));
}

/** Whether it is one of these folders, or below one. */
function isIn(folder: string, folders: readonly string[]): boolean {
  return folders.some((name) => folder === name || folder.startsWith(`${name}/`));
}

/** How an import begins that leads from a file of one folder to a file of another. */
function specifier(from: string, to: string): string {
  const path = posix.relative(from, to);
  return path.startsWith('.') ? path : `./${path}`;
}
