import { spawn } from 'node:child_process';
import { endWithUs } from '../../sandbox/end-with-us.ts';

/** Starts a child that would run for long, or a shell with one, and ends in the middle of it when told to, or interrupted. */
const group = process.argv[2] === 'group';
const script = group ? 'sleep 1000 & echo runs; wait' : 'echo runs; exec sleep 1000';
endWithUs(spawn('sh', ['-c', script], { detached: group, stdio: ['ignore', 'inherit', 'ignore'] }), {
  group,
});
process.stdin.once('data', () => process.exit(1));
