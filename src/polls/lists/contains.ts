import { type RawBuilder, sql } from 'kysely';
import { fold } from '../fold.ts';
import { questionMax } from '../poll-input.ts';

/** Each character of a question may be written as a letter with accents of its own. */
const longestPart = 3 * questionMax;

/** SQL for: the question contains it, ignoring case. What is longer than any question is in none, and not looked for. */
export function contains(text: string): RawBuilder<boolean> {
  if (text.length > longestPart) return sql<boolean>`false`;
  const folded = fold(text);
  // The index knows three letters in a row. Where there are none it would read all of itself, and then the table all
  // the same; behind an expression it is left alone.
  const question = /[\p{L}\p{N}]{3}/u.test(folded) ? sql`question_folded` : sql`(question_folded || '')`;
  return sql<boolean>`${question} like ${`%${asPattern(folded)}%`}`;
}

/** What it means literally, for LIKE. */
function asPattern(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
