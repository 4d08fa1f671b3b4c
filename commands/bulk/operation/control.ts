import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller, PressHandler } from '../../../src/bot/handlers.ts';
import {
  type Controller,
  cancelOperation,
  pauseOperation,
  resumeOperation,
} from '../../../src/bulk/lifecycle/control.ts';
import { loadOperation } from '../../../src/bulk/operation-store.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { knownOperation } from '../request/known-operation.ts';

type Control = (db: Db, id: number, by: Controller, now: Date) => Promise<void>;

/** `Pause`, `Resume` and `Cancel` on a progress message. */
export function controlPresses(services: BulkServices): PressHandler[] {
  return [
    press(
      'pause',
      services,
      pauseOperation,
      (id) =>
        `Operation #${id} is paused: messages in flight finish, then none is touched until it is resumed.`,
    ),
    {
      action: 'resume',
      acknowledge: 'private',
      run: (_interaction, [id], caller) => resume(services, Number(id), caller),
    },
    {
      action: 'cancel',
      acknowledge: 'private',
      run: (_interaction, [id], caller) => cancel(services, Number(id), caller),
    },
  ];
}

/** Also `/bulk cancel`. */
export async function cancel(services: BulkServices, id: number, caller: Caller): Promise<MessageBody> {
  await control(services, cancelOperation, id, caller);
  return {
    content: `Operation #${id} is being cancelled: messages in flight finish, every poll whose message does not show the change yet goes back to what it was.`,
  };
}

async function resume(services: BulkServices, id: number, caller: Caller): Promise<MessageBody> {
  await control(services, resumeOperation, id, caller);
  await services.runner.admit();
  const { state } = await loadOperation(services.db, id);
  const when = state === 'queued' ? 'goes on as soon as a place is free, ahead of the queue' : 'goes on';
  return { content: `Operation #${id} ${when}.` };
}

function press(
  action: string,
  services: BulkServices,
  change: Control,
  answer: (id: number) => string,
): PressHandler {
  return {
    action,
    acknowledge: 'private',
    run: async (_interaction, [id], caller) => {
      await control(services, change, Number(id), caller);
      return { content: answer(Number(id)) };
    },
  };
}

async function control(services: BulkServices, change: Control, id: number, caller: Caller): Promise<void> {
  const operation = await knownOperation(services, id, caller);
  const by = { userId: caller.userId, process: services.process, from: caller };
  await change(services.db, operation.id, by, services.clock.now());
  services.runner.poke();
}
