import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { CannotStart, reasonOf } from './errors.ts';

/** Variables by name; none is empty. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The process's environment, completed from `.env` in the working directory. What is set already wins. In both, an
 * empty value counts as not set, because compose files pass an unset variable on as an empty one.
 *
 * What is read here is taken out of `process.env`. So no library finds it, or anything else, behind our back:
 * discord.js reads SHARD_COUNT and SHARDS (an empty one is 0 to it), pg reads PGHOST, PGSSLMODE, PGOPTIONS and more.
 * What Node and the operating system's own libraries read stays. Import libraries after this call, because some look
 * at once.
 *
 * Throws `CannotStart` if `.env` exists and cannot be read.
 */
export function takeEnvironment(): Environment {
  const found = { ...readFile('.env'), ...filled(process.env) };
  for (const name of Object.keys(process.env)) if (!systems.test(name)) delete process.env[name];
  return found;
}

/** Variables that Node, OpenSSL, libuv, the loader and the C library read. They configure no library of ours. */
const systems = new RegExp(
  `^(${[
    'NODE_(?!PG_).*', // pg has a switch of its own among them
    'UV_.*',
    'SSL_CERT_(FILE|DIR)|OPENSSL_.*',
    '(HTTPS?|NO|ALL)_PROXY',
    '(DY)?LD_.*',
    'PATH|PATHEXT|HOME|TMPDIR|TMP|TEMP|TZ|TZDIR|LANG|LANGUAGE|LC_.*',
    'SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA',
  ].join('|')})$`,
  'i',
);

function readFile(path: string): Environment {
  if (!existsSync(path)) return {};
  try {
    const bytes = readFileSync(path);
    // `TextDecoder` takes off the mark that Windows' Notepad puts first. Node's parser takes the line after `NAME= `
    // for its value, so spaces at the ends of lines go.
    const text = new TextDecoder(encodingOf(bytes)).decode(bytes);
    if (text.includes('\0')) throw new Error('it is no text in UTF-8');
    return filled(parseEnv(text.replace(/[ \t\r]+$/gm, '')));
  } catch (error) {
    throw new CannotStart(
      `Cannot read .env in the working directory: ${reasonOf(error)}. Make it a readable text file in UTF-8.`,
      { cause: error },
    );
  }
}

/** The encoding, by the mark at the beginning: the `>` of PowerShell 5 writes UTF-16. */
function encodingOf(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe') return 'utf-16le';
  return mark === 'feff' ? 'utf-16be' : 'utf-8';
}

function filled(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
}
