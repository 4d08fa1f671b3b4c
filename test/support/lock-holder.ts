import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { acquireOwnerLock, DirectoryInUse } from '../../src/db/embedded/owner-lock.ts';

/**
 * A process that says `ready`, waits for a line, reaches for the lock of the directory it is given, says `won` or why
 * it was refused, and holds what it has until it is killed or its input ends: nothing refers to the lock, and what nothing
 * refers to has been collected by then.
 */
const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: lock-holder.ts directory');

process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
try {
  await acquireOwnerLock(directory);
  setFlagsFromString('--expose-gc');
  const collect: (how: object) => Promise<void> = runInNewContext('gc');
  await collect({ type: 'major', execution: 'async' });
  process.stdout.write('won\n');
} catch (error) {
  if (!(error instanceof DirectoryInUse)) throw error;
  process.stdout.write(`${error.message}\n`);
}
