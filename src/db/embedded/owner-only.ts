import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import type { Logger } from '../../base/log.ts';

/** What group and others may do. Votes of secret polls can be read in the files. */
const others = 0o077;

/**
 * Makes `directory`, and those `entries` in it with all that is in them, accessible to their owner alone, even if
 * they were open before. What else is in the directory is hidden from others with it, and not touched. What belongs
 * to somebody else, such as the mount of a container's volume, stays as it is, with a warning.
 */
export async function makeOwnerOnly(
  directory: string,
  entries: readonly string[],
  log: Logger,
): Promise<void> {
  const found = (await readdir(directory, { withFileTypes: true })).filter(({ name }) =>
    entries.includes(name),
  );
  const paths = await Promise.all(found.map(({ name }) => allIn(join(directory, name))));
  const refused: string[] = [];
  for (const path of [directory, ...paths.flat()]) {
    const { mode } = await stat(path);
    if ((mode & others) === 0) continue;
    try {
      await chmod(path, mode & 0o777 & ~others);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
      refused.push(path);
    }
  }
  if (refused.length === 0) return;
  log.warn(
    { paths: refused.slice(0, 5), count: refused.length },
    'others on this machine may enter what belongs to another user here (DATA_DIR); make it the own of the user who runs Gavel',
  );
}

/** The path, and if it is a directory all files and directories in it. */
async function allIn(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const inner = entries.filter((entry) => entry.isFile() || entry.isDirectory());
  return [path, ...inner.map((entry) => join(entry.parentPath, entry.name))];
}

/**
 * The file system of the embedded database. Its files are their owner's alone. PostgreSQL compiled to WebAssembly
 * asks for mode 666 by `chmod` after it has made a file, so the process's umask does not help.
 */
export class OwnerOnlyFiles extends NodeFS {
  override async init(...[pg, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const before = (module: object) => restrict(module as Emscripten);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [before, ...(emscriptenOpts.preRun ?? [])] } };
  }
}

/**
 * The parts of Emscripten's NODEFS that make files and change modes
 * (https://emscripten.org/docs/api_reference/Filesystem-API.html#nodefs).
 */
interface Emscripten {
  readonly NODEFS: {
    readonly node_ops: {
      mknod(parent: object, name: string, mode: number, device: number): object;
      setattr(node: object, attributes: { mode?: number }): void;
    };
  };
}

function restrict({ NODEFS: { node_ops: operations } }: Emscripten): void {
  const { mknod, setattr } = operations;
  operations.mknod = (parent, name, mode, device) => mknod(parent, name, mode & ~others, device);
  operations.setattr = (node, attributes) => {
    const { mode } = attributes;
    setattr(node, mode === undefined ? attributes : { ...attributes, mode: mode & ~others });
  };
}
