import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { PGlite } from '@electric-sql/pglite';

/**
 * Loaded into a bot before everything else (`node --import`). It counts the boundaries at which the process meets the
 * world: each write to a socket (a statement, a request, a heartbeat) and each statement of the embedded database,
 * once before and once after. A kill between two boundaries is the same as a kill at one of them, so these are all
 * the moments that matter. At the chosen boundary the process kills itself, as `kill -9` does.
 *
 * `CHAOS_KILL_AFTER`: so many boundaries after the start. A later SIGUSR2 says: so many from now; the number is in
 * the file `CHAOS_KILL_FILE`.
 */
let left = Number(process.env.CHAOS_KILL_AFTER || Number.POSITIVE_INFINITY);
// Read now, because the bot keeps no variable that it does not know.
const killFile = process.env.CHAOS_KILL_FILE ?? '';

function boundary(): void {
  left -= 1;
  if (left > 0) return;
  left = Number.POSITIVE_INFINITY;
  process.kill(process.pid, 'SIGKILL');
}

process.on('SIGUSR2', () => {
  left = Number(readFileSync(killFile, 'utf8'));
});

const write = Socket.prototype.write;
Socket.prototype.write = function (this: Socket, ...args: Parameters<typeof write>) {
  boundary();
  const written = write.apply(this, args);
  // What was written has left the process by then.
  setImmediate(boundary);
  return written;
} as typeof write;

const query = PGlite.prototype.execProtocolRaw;
PGlite.prototype.execProtocolRaw = async function (...args: Parameters<typeof query>) {
  boundary();
  const answer = await query.apply(this, args);
  boundary();
  return answer;
};
