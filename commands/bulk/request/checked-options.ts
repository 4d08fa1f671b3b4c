import type { ChatInputCommandInteraction } from 'discord.js';
import { UserError } from '../../../src/base/errors.ts';
import { quoted } from '../../../src/polls/text.ts';

type Options = Pick<ChatInputCommandInteraction['options'], 'getInteger' | 'getString'>;

/** A whole number from `min` to `max`, or null. Throws `UserError` for others: a forged client sends what it likes. */
export function wholeNumber(
  options: Options,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | null {
  const value = options.getInteger(name);
  if (value === null || (Number.isInteger(value) && value >= min && value <= max)) return value;
  throw new UserError(`\`${name}\` must be a whole number from ${min} to ${max}.`);
}

/** One of the allowed words, or null. Throws `UserError` for others. */
export function oneOf<Word extends string>(
  options: Options,
  name: string,
  allowed: readonly Word[],
): Word | null {
  const value = options.getString(name);
  const word = allowed.find((one) => one === value);
  if (value === null || word !== undefined) return word ?? null;
  const list = allowed.map((one) => `\`${one}\``).join(', ');
  throw new UserError(`${quoted(value)} is no \`${name}\`. Allowed are ${list}.`);
}
