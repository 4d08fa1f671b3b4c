import { readFile, writeFile } from 'node:fs/promises';

/** What a process has used: the peak of its resident memory in bytes, and processor time in ms. */
export interface Usage {
  readonly peakBytes: number;
  readonly processorMs: number;
}

/** Linux counts processor time in hundredths of a second for every program (`getconf CLK_TCK`). */
const tickMs = 10;

/** Starts a new peak of resident memory from what the process holds now. Null: this system does not tell. */
export async function beginUsage(pid: number): Promise<Usage | null> {
  if (process.platform !== 'linux') return null;
  // "5" resets the peak (Linux, Documentation/filesystems/proc.rst, "clear_refs").
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  return await usageOf(pid);
}

export async function usageOf(pid: number): Promise<Usage | null> {
  if (process.platform !== 'linux') return null;
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may contain anything. utime and stime are the 12th and 13th fields after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    peakBytes: Number(peak) * 1024,
    processorMs: (Number(fields[11]) + Number(fields[12])) * tickMs,
  };
}
