import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** What biome says of files with these texts, with our configuration. Lines are counted from 0. */
export function lint(texts: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'gavel-lint-'));
  try {
    for (const name of ['biome.json', 'tools'])
      cpSync(join(checkout, name), join(root, name), { recursive: true });
    for (const [file, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    const { stdout, error } = spawnSync(
      join(checkout, 'node_modules/.bin/biome'),
      ['lint', '--vcs-enabled=false', '--reporter=github', '--max-diagnostics=none'],
      { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 },
    );
    if (error) throw error;
    const findings = stdout.matchAll(/title=(\S+?),file=(\S+?),line=(\d+),.*?::(.*)/g);
    return [...findings].map(([, rule, file, line, message]) => ({
      rule: rule!,
      file: relative(root, file!),
      line: Number(line) - 1,
      message: message!,
    }));
  } finally {
    rmSync(root, { recursive: true });
  }
}
