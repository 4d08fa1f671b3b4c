import type { Service } from './service.ts';
import type { StartSteps, Step } from './start-steps.ts';

/** One line of the list of what a program starts. */
export interface ListedService {
  /** Null if the configuration leaves it out. */
  readonly service: Service | null;
  /** What is said as it starts, and if it cannot. Default: nothing, because it cannot fail. */
  readonly step?: Step;
}

/**
 * Starts services in order. `started` gets what stops them in reverse, even of one whose start fails. Throws what
 * `steps` throws.
 */
export async function startServices(
  list: readonly ListedService[],
  steps: StartSteps,
  started: AsyncDisposableStack,
): Promise<void> {
  for (const { service, step } of list) {
    if (service === null) continue;
    started.defer(() => service.stop());
    if (step === undefined) await service.start();
    else await steps.run(step, () => service.start());
  }
}
