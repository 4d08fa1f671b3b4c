import { UserError } from '../base/errors.ts';
import { cleanLine, quoted } from './text.ts';

/** Lengths in UTF-16 units. */
export const questionMax = 1000;
const optionMax = 200;
/** How many options a poll has. */
export const optionCount = { least: 2, most: 20 } as const;

/** The question as it is stored. Throws `UserError`. */
export function checkQuestion(text: string): string {
  const question = cleanLine(text);
  if (question === '') throw new UserError('The question is empty.');
  if (question.length > questionMax) {
    throw new UserError(
      `The question is ${question.length} characters long; at most ${questionMax} are possible.`,
    );
  }
  return question;
}

/** Reads `A | B | C` as a list of 2 to 20 different options. Throws `UserError`. */
export function checkOptions(text: string): string[] {
  const options = text.split('|').map(cleanLine);
  const { least, most } = optionCount;
  if (options.length < least || options.length > most) {
    throw new UserError(
      `A poll has ${least} to ${most} options, with \`|\` between them, such as \`Tea | Coffee\`. These are ${options.length}.`,
    );
  }
  options.forEach((option, position) => {
    if (option === '')
      throw new UserError(`Option ${position + 1} is empty. Write them such as \`Tea | Coffee\`.`);
    if (option.length > optionMax) {
      throw new UserError(
        `Option ${position + 1} is ${option.length} characters long; at most ${optionMax} are possible.`,
      );
    }
    const first = options.findIndex((other) => other.normalize('NFC') === option.normalize('NFC'));
    if (first !== position) {
      throw new UserError(`Options ${first + 1} and ${position + 1} are the same: ${quoted(option)}.`);
    }
  });
  return options;
}

/** The number of choices. Throws `UserError` if a poll with so many options cannot allow so many. */
export function checkMaxChoices(maxChoices: number, options: number): number {
  if (!Number.isInteger(maxChoices) || maxChoices < 1 || maxChoices > options) {
    throw new UserError(
      `\`max_choices\` must be 1 to ${options}, the number of options; it is ${maxChoices}.`,
    );
  }
  return maxChoices;
}

/**
 * Throws `UserError` unless the poll opens in the future (or at once) and closes after that. `said`: what was typed,
 * for the refusal.
 */
export function checkTimes(
  opensAt: Date | null,
  closesAt: Date | null,
  now: Date,
  said: { readonly opens: string; readonly closes: string },
): void {
  if (opensAt !== null && opensAt <= now) {
    throw new UserError(
      `\`opens\` ${quoted(said.opens)} is in the past. Leave it out to open the poll at once.`,
    );
  }
  if (closesAt === null) return;
  if (closesAt <= now) throw new UserError(`\`closes\` ${quoted(said.closes)} is in the past.`);
  if (opensAt !== null && closesAt <= opensAt) {
    throw new UserError(
      `\`closes\` ${quoted(said.closes)} is not after \`opens\` ${quoted(said.opens)}; durations count from now.`,
    );
  }
}
