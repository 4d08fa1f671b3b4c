import { firstThatFits } from '../../base/display/first-that-fits.ts';

/**
 * How many characters of a question and of a server's name are shown: from plenty to what always fits, whatever must
 * be escaped.
 */
const sizes = [
  [60, 24],
  [40, 20],
  [24, 12],
  [12, 6],
] as const;

/** A text about many polls. Each question and server name is cut until the text has at most `longest` characters. */
export function shortenToFit(longest: number, text: (question: number, server: number) => string): string {
  return firstThatFits(
    longest,
    sizes.values().map(([question, server]) => text(question, server)),
  );
}
