/** Discord's limit for the text of an embed. */
export const longestDescription = 4096;

/** How much of a question and of a server's name is shown, from plenty to what fits whatever is escaped in it. */
const sizes = [
  [60, 24],
  [40, 20],
  [24, 12],
  [12, 6],
] as const;

/** A text about many polls, with as much of each question and server as `longest` characters allow. */
export function fitting(longest: number, text: (question: number, server: number) => string): string {
  const texts = sizes.values().map(([question, server]) => text(question, server));
  return texts.find((one) => one.length <= longest) ?? text(...sizes[3]);
}
