import { globSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const everything = globSync('{src,commands,migrations,sandbox,test,tools,docs,.ci,.github}/**').map(slashed);
const files = [...everything, ...globSync('*').map(slashed), ...globSync('.*').map(slashed)];
const pages = files.filter(
  (file) =>
    /^(README|CONTRIBUTING|SECURITY)\.md$/.test(file) ||
    /^(docs|src|commands|sandbox|test)\/.*\.md$/.test(file),
);

/** Those that tell how the code is built; others name what belongs to the world outside. */
const designPages = pages.filter(
  (page) => !/^README\.md|^docs\/(operations|dependencies|query-plans|measured)\.md/.test(page),
);

/** Every word of the code. */
const code = new Set(
  files
    .filter((file) => /\.(ts|json|sql)$|^\.env\.example$/.test(file))
    .flatMap((file) => readFileSync(file, 'utf8').match(/[A-Za-z_]\w*/g) ?? []),
);

describe('the documents', () => {
  test.each(pages)('%s links to what exists, headings too', (page) => {
    expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  test.each(pages)('%s names only files that exist', (page) => {
    expect(namedFiles(page).filter((name) => !isThere(page, name))).toEqual([]);
  });

  test.each(designPages)('%s speaks of nothing that the code no longer has', (page) => {
    expect(namedInCode(page).filter((name) => !code.has(name.split('.').at(-1)!))).toEqual([]);
  });

  test.each(designPages)('%s names each thing beside the file that has it', (page) => {
    expect(beside(page).filter(({ name, file }) => !readFileSync(file, 'utf8').includes(name))).toEqual([]);
  });

  test('open each room of the code: a README says what it does, and which file to read first', () => {
    const rooms = files
      .filter((file) =>
        /^(src\/[^/]+\/([^/]+\/)?|commands\/|test\/|sandbox\/([^/]+\/)?)[^/]+\.ts$/.test(file),
      )
      .map((file) => dirname(file));
    const silent = [...new Set(rooms)].filter((room) => !/Read first/.test(readmeOf(room)));
    expect(silent).toEqual([]);
  });
});

/** Relative links of a page, with their anchors. */
function linksOf(page: string): string[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
    .map(([, link, attribute]) => link ?? attribute!)
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** Code files that a page names in backticks: `pace.ts`, `src/delivery/pace/pace.ts`, `start-*.test.ts`. */
function namedFiles(page: string): string[] {
  return [...prose(page).matchAll(/`([\w./*-]+\.ts)`/g)].map(([, name]) => name!);
}

/** Names of code in backticks: `holdFence`, `polls.held_by`, `Session.isOwn`. */
function namedInCode(page: string): string[] {
  return [...prose(page).matchAll(/`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)`/g)]
    .map(([, name]) => name!)
    .filter((name) => /[a-z][A-Z]|_/.test(name) && !name.endsWith('.ts'));
}

/** A name of code with a link to a file in brackets behind it, or the other way round. */
function beside(page: string): { readonly name: string; readonly file: string }[] {
  const text = prose(page);
  const namedFirst = [...text.matchAll(/`(\w+)` \(\[`[^`]+`\]\(([^)#]+)\)/g)];
  const linkedFirst = [...text.matchAll(/\]\(([^)#]+)\) \(`(\w+)`\)/g)];
  return [
    ...namedFirst.map(([, name, link]) => ({ name: name!, link: link! })),
    ...linkedFirst.map(([, link, name]) => ({ name: name!, link: link! })),
  ].map(({ name, link }) => ({ name, file: join(dirname(page), link) }));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : slashed(normalize(join(dirname(page), path))).replace(/\/$/, '');
  if (!files.includes(target)) return false;
  return anchor === undefined || !target.endsWith('.md') || headingsOf(target).includes(anchor);
}

/** A name with a folder counts from the repository or from the page; a bare one is that of some file. */
function isThere(page: string, name: string): boolean {
  const pattern = name.includes('/') ? `{${name},${slashed(join(dirname(page), name))}}` : `**/${name}`;
  return files.some((file) => matchesGlob(file, pattern));
}

/** As GitHub makes anchors of headings. */
function headingsOf(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}

/** The page without its blocks of code. */
function prose(page: string): string {
  return readFileSync(page, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
}

function readmeOf(room: string): string {
  return files.includes(`${room}/README.md`) ? readFileSync(`${room}/README.md`, 'utf8') : '';
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}
