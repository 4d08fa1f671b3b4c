import { stripVTControlCharacters } from 'node:util';

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * How many columns a terminal gives a text: two for emoji and East Asian wide characters, none for escape sequences.
 */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segments.segment(stripVTControlCharacters(text))) width += columns(segment);
  return width;
}

/** At most `width` columns of an unstyled text, with … where something was cut. */
export function cutToWidth(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = '';
  let used = 0;
  for (const { segment } of segments.segment(text)) {
    used += columns(segment);
    if (used > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Breaks a text at spaces into lines of at most `width` columns. A word that is too long for a line is cut. */
export function wrapToWidth(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= width || line === '') line = longer;
    else {
      lines.push(line);
      line = `  ${word}`;
    }
  }
  lines.push(line);
  return lines.map((one) => cutToWidth(one, width));
}

function columns(grapheme: string): number {
  if (/^\p{Mark}|^\p{Cf}|^\p{Cc}/u.test(grapheme)) return 0;
  return /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]/u.test(
    grapheme,
  )
    ? 2
    : 1;
}
