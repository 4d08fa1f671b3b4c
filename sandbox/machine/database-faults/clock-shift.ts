const preload = new URL('./shift-clock.ts', import.meta.url);

/**
 * For `BotScene.start`: the environment of a process whose wall clock is ahead by `ms`, or behind if that is
 * negative.
 */
export function withClockShifted(ms: number): Record<string, string> {
  return { NODE_OPTIONS: `--import ${preload.href}`, TEST_CLOCK_SHIFT_MS: String(ms) };
}
