import { systemClock } from '../../src/base/clock.ts';
import { createLogger, type Logger } from '../../src/base/log.ts';
import type { PatienceParts } from '../../src/base/patience.ts';

/** For `patiently`: the clock passes a pause at once, so that all the patience there is takes no time. */
export function inNoTime(log: Logger = createLogger('silent')): PatienceParts {
  let passedMs = 0;
  const clock = {
    ...systemClock,
    monotonic: () => passedMs,
    sleep: async (ms: number) => {
      passedMs += ms;
    },
  };
  return { clock, log, stopping: new AbortController().signal };
}

/** For what waits for something real, such as a gateway: no time passes but by itself. */
export function inRealTime(log: Logger = createLogger('silent')): PatienceParts {
  return { clock: systemClock, log, stopping: new AbortController().signal };
}
