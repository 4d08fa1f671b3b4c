export interface Style {
  readonly size: number;
  readonly weight: number;
  readonly fill: string;
}

interface Run {
  readonly text: string;
  readonly look: 'plain' | 'bold' | 'mention' | 'code' | 'bar';
}

/** One line of Discord markdown: bold, code, mentions, and bars of block characters, drawn as shapes. */
export function textLine(
  x: number,
  y: number,
  text: string,
  style: Style,
  users: Readonly<Record<string, string>>,
): string {
  const parts: string[] = [];
  let at = x;
  const runs = runsOf(text, users);
  for (const run of runs) {
    const drawn = runSvg(run, at, y, style, run !== runs.at(-1));
    parts.push(drawn.svg);
    at += drawn.width;
  }
  return parts.join('');
}

/** About as wide as the usual sans serifs draw it. */
export function widthOf(text: string, size: number): number {
  const units = [...text].map((character) => {
    if (/[ijl.,:;'|!]/.test(character)) return 0.25;
    if (/[ frtI()/·–-]/.test(character)) return 0.32;
    if (character === '@') return 1;
    if (/[mwMW%]/.test(character)) return 0.85;
    if (/[A-Z]/.test(character)) return 0.68;
    return 0.55;
  });
  return units.reduce((sum, unit) => sum + unit, 0) * size;
}

const pattern = /\*\*(.+?)\*\*|`(.+?)`|<@(\d+)>|([█░]+)|\\(.)/g;

function runsOf(text: string, users: Readonly<Record<string, string>>): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) runs.push({ text: text.slice(from, match.index), look: 'plain' });
    from = match.index + match[0].length;
    const [, bold, code, user, bar, escaped] = match;
    if (bold !== undefined) runs.push({ text: bold, look: 'bold' });
    else if (code !== undefined) runs.push({ text: code, look: 'code' });
    else if (user !== undefined) runs.push({ text: `@${users[user] ?? 'unknown-user'}`, look: 'mention' });
    else if (bar !== undefined) runs.push({ text: bar, look: 'bar' });
    else runs.push({ text: escaped ?? '', look: 'plain' });
  }
  if (from < text.length) runs.push({ text: text.slice(from), look: 'plain' });
  return runs;
}

/** What others follow is stretched to the width it was given, so that they stand right in every font. */
function runSvg(
  run: Run,
  x: number,
  y: number,
  style: Style,
  followed: boolean,
): { svg: string; width: number } {
  if (run.look === 'bar') return barSvg(run.text, x, y, style);
  const weight = run.look === 'bold' ? 600 : style.weight;
  const fill = run.look === 'mention' ? '#c9cdfb' : style.fill;
  const width = widthOf(run.text, style.size) * (weight >= 600 ? 1.05 : 1);
  const shade = {
    mention: `<rect x="${x - 2}" y="${y - 14}" width="${width + 4}" height="19" rx="3" fill="#3c4270"/>`,
    code: `<rect x="${x - 2}" y="${y - 13}" width="${width + 4}" height="18" rx="3" fill="#1e1f22"/>`,
    plain: '',
    bold: '',
  }[run.look];
  const length = followed ? ` textLength="${width.toFixed(1)}" lengthAdjust="spacingAndGlyphs"` : '';
  return {
    svg: `${shade}<text x="${x.toFixed(1)}" y="${y}" font-size="${style.size}" font-weight="${weight}" fill="${fill}" xml:space="preserve"${length}>${escapeXml(run.text)}</text>\n`,
    width,
  };
}

function barSvg(text: string, x: number, y: number, { size, fill }: Style): { svg: string; width: number } {
  const cell = size * 0.6;
  const cells = [...text];
  const rects = cells.map((character, index) => {
    const opacity = character === '█' ? 1 : 0.25;
    return `<rect x="${(x + index * cell).toFixed(1)}" y="${y - 12}" width="${cell.toFixed(1)}" height="15" fill="${fill}" opacity="${opacity}" shape-rendering="crispEdges"/>`;
  });
  return { svg: `${rects.join('')}\n`, width: cells.length * cell };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
