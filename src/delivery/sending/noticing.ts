import type { Deliverer } from '../delivery-batch.ts';

/**
 * The same deliverer. It calls `changed` when somebody has changed a poll and asks to show it, or when an operation
 * lets go of one.
 */
export function noticing(deliverer: Deliverer, changed: () => void): Deliverer {
  return {
    startBatch: (jobs, handler, more) => {
      const settled: typeof handler.settled = async (...outcome) => {
        await handler.settled(...outcome);
        changed();
      };
      return deliverer.startBatch(jobs, { ...handler, settled }, more);
    },
    refresh: (job) => {
      deliverer.refresh(job);
      changed();
    },
    deliver: async (job, withinMs) => {
      changed();
      return await deliverer.deliver(job, withinMs);
    },
  };
}
