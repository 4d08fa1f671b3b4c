import { spawn } from 'node:child_process';
import { endWithUs } from '../../../sandbox/machine/end-with-us.ts';

/** Starts a child that would run for long, or a shell with one, and ends in the middle of it when told to, or interrupted. */
const group = process.argv[2] === 'group';
const script = group ? 'read go; sleep 1000 & echo runs; wait' : 'read go; echo runs; exec sleep 1000';
const child = spawn('sh', ['-c', script], { detached: group, stdio: ['pipe', 'inherit', 'ignore'] });
endWithUs(child, { group });
child.stdin!.write('go\n');
process.stdin.once('data', () => process.exit(1));
