/**
 * The first text of at most `longest` characters; the last one if none is so short. Give them from the fullest to the
 * shortest, and lazily: what comes after the first that fits is not made.
 */
export function firstThatFits(longest: number, texts: Iterable<string>): string {
  let last = '';
  for (const text of texts) {
    if (text.length <= longest) return text;
    last = text;
  }
  return last;
}
