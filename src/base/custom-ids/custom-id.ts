import { discordLimits } from '../display/discord-limits.ts';

const separator = ':';

/** How one value is written in a custom id. Reading never fails: it gets whatever a client sent. */
export interface IdField<Value> {
  write(value: Value): string;
  /** `text` is empty if the id has no such part. */
  read(text: string): Value;
}

/**
 * One kind of custom id: `action:value:value`, in the order of its fields. Any client can send any string. So what is
 * read names what was pressed, and proves nothing: the handler checks it as it checks a command's options.
 */
export interface CustomId<Values extends object> {
  readonly action: string;
  /** Throws if a value holds a colon, or if the id is longer than Discord takes: a bug. */
  encode(values: Values): string;
  /** Null if the id has another action. */
  decode(text: string): Values | null;
}

/** A whole number. Anything else reads as NaN, a number that no poll, operation, picker or page has. */
export const wholeNumber: IdField<number> = {
  write: String,
  read: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN),
};

/** A word. The reader knows which words there are; '' is none of them. */
export const word: IdField<string> = { write: (value) => value, read: (text) => text };

/** A word, or null. */
export const wordOrNone: IdField<string | null> = {
  write: (value) => value ?? '-',
  read: (text) => (text === '-' ? null : text),
};

/** Defines a kind of custom id. The order of `fields` is their order in the id. */
export function customId<Values extends object>(
  action: string,
  fields: { readonly [Name in keyof Values]: IdField<Values[Name]> },
): CustomId<Values> {
  const names = Object.keys(fields) as (keyof Values)[];
  return {
    action,
    encode: (values) => {
      const parts = [action, ...names.map((name) => fields[name].write(values[name]))];
      const id = parts.join(separator);
      if (id.length > discordLimits.customId || parts.some((part) => part.includes(separator))) {
        throw new Error(
          `"${id}" is no custom id: at most ${discordLimits.customId} characters, no colon in a value`,
        );
      }
      return id;
    },
    decode: (text) => {
      const [given, ...parts] = text.split(separator);
      if (given !== action) return null;
      // With a part too many it is no id of this kind, so none of its parts can be relied on.
      const read = parts.length > names.length ? [] : parts;
      const values = names.map((name, index) => [name, fields[name].read(read[index] ?? '')]);
      return Object.fromEntries(values) as Values;
    },
  };
}
