import { once } from 'node:events';
import { type MessagePort, Worker } from 'node:worker_threads';

/** The header in which the front door notes when a request arrived, in Unix milliseconds. */
export const receivedHeader = 'x-sandbox-received';

/** Where requests are received by a thread of its own. */
export interface FrontDoor {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Opens a port on 127.0.0.1 whose requests are passed on to `port` with the time of their arrival. A thread of its own does
 * it, so that whatever this one is busy with does not make requests look later, and closer together, than they were.
 */
export async function openFrontDoor(port: number): Promise<FrontDoor> {
  const worker = new Worker(new URL('front-door-thread.ts', import.meta.url), { workerData: { port } });
  const [opened] = (await once(worker, 'message')) as Parameters<MessagePort['postMessage']>;
  return {
    port: opened as number,
    close: async () => {
      await worker.terminate();
    },
  };
}
