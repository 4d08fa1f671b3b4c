/** “1 poll”, “12 polls”. `many`: the plural, if an s is not enough. */
export function counted(count: number, one: string, many?: string): string {
  return `${count} ${plural(count, one, many)}`;
}

/** The word alone: “poll” for one, “polls” for any other number. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}
