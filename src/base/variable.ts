import { z } from 'zod';

/** A variable that must be set. `parse` answers with undefined if it does not understand the text. `expected` completes "expected …". */
export function variable<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string({ error: expected }).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

/** A whole number. Both bounds are allowed. */
export function wholeNumber(min: number, max: number) {
  return variable(`a whole number from ${min} to ${max}`, (text) => {
    const value = Number(text);
    return /^\d{1,9}$/.test(text) && value >= min && value <= max ? value : undefined;
  });
}

/** Items with commas between them. Undefined if `parse` does not understand one, or if one comes twice. */
export function list<T>(text: string, parse: (item: string) => T | undefined): T[] | undefined {
  const items = text.split(',').map((item) => parse(item.trim()));
  const valid = items.filter((item) => item !== undefined);
  return valid.length === items.length && new Set(valid).size === valid.length ? valid : undefined;
}

/** The URL; undefined if it is none, or has another protocol. A protocol ends in a colon. */
export function urlWith(protocols: readonly string[], text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return protocols.includes(url.protocol) ? url : undefined;
}
