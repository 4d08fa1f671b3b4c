const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * What somebody wrote, as one line for Discord markdown. It shows the same characters, but formats, links and
 * mentions nothing, and its writing direction stays inside it. It is longer than `text` by at most a factor of two
 * and two characters.
 */
export function escapeText(text: string): string {
  const line = text.toWellFormed().replace(lineBreaking, ' ').replace(directionControls, '');
  const escaped = line
    .replace(/[\\*_~`|<[\]]/g, '\\$&')
    .replace(/^(\s*)([#>+-])/, '$1\\$2')
    .replace(/^(\s*\d+)\./, '$1\\.')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/@(?=everyone|here|[!&]?\d)/gi, `@${zeroWidthSpace}`);
  return rightToLeft.test(line) ? `${isolate}${escaped}${popIsolate}` : escaped;
}

/**
 * At most `max` UTF-16 units (the strictest reading of Discord's limits), with an ellipsis if something was cut.
 * Never cuts through what a reader sees as one character, unless that one alone is longer than `max`.
 */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max < 1) return '';
  let end = 0;
  for (const { index, segment } of graphemes.segment(text)) {
    if (index + segment.length > max - 1) break;
    end = index + segment.length;
  }
  const kept = end > 0 ? text.slice(0, end) : text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${kept.trimEnd()}…`;
}

/** The label of a button or menu option, in which Discord renders no markdown. At most `max` UTF-16 units. */
export function plainLabel(text: string, max: number): string {
  return cut(text.toWellFormed().replace(lineBreaking, ' ').replace(directionControls, ''), max);
}

/**
 * One line as it is stored. Control characters (PostgreSQL refuses NUL) become spaces, the ends are trimmed, the rest
 * stays verbatim. Empty if nothing would be visible.
 */
export function cleanLine(text: string): string {
  const line = text.toWellFormed().replace(lineBreaking, ' ').trim();
  return line.replace(invisible, '') === '' ? '' : line;
}

/** How a poll is named in answers and refusals: `#12 "question…"`. */
export function pollTitle(poll: { readonly id: number; readonly question: string }): string {
  return `#${poll.id} "${escapeText(cut(poll.question, 60))}"`;
}

/** Something that somebody typed, quoted in a refusal. */
export function quoted(text: string): string {
  return `"${escapeText(cut(text, 60))}"`;
}

const lineBreaking = /[\p{Cc}\u2028\u2029]/gu;
/** Embeddings, overrides and isolates (https://www.unicode.org/reports/tr9/). Plain right-to-left marks may stay. */
const directionControls = /[\u202A-\u202E\u2066-\u2069]/g;
/** Format characters, spaces, marks without a letter below them, and letters that are drawn as nothing. */
const invisible = /[\p{Cf}\p{Cc}\p{Z}\p{M}\u115F\u1160\u2800\u3164\uFFA0]/gu;
const rightToLeft =
  /[\u061C\u200F\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const zeroWidthSpace = '\u200B';
const isolate = '\u2068';
const popIsolate = '\u2069';
