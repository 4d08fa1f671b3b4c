/**
 * Preloaded into a bot's process by `withClockShifted`: its wall clock is ahead (or behind) by `TEST_CLOCK_SHIFT_MS`.
 * Timers and `performance.now()` go on as they are.
 */
const shiftMs = Number(process.env.TEST_CLOCK_SHIFT_MS);
if (!Number.isFinite(shiftMs)) throw new Error('TEST_CLOCK_SHIFT_MS is no number');
const trueDate = Date;
const now = () => trueDate.now() + shiftMs;

globalThis.Date = new Proxy(trueDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new trueDate(now()).toString(),
  get: (target, property, receiver) => (property === 'now' ? now : Reflect.get(target, property, receiver)),
});
