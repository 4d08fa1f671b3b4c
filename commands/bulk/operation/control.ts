import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller } from '../../../src/bot/caller.ts';
import type { PressHandler } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
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
import { operationIn, operationOption } from '../request/operation-option.ts';

/** `/bulk cancel` */
export function cancelSubcommand(services: BulkServices): Subcommand {
  return {
    definition: subcommandDefinition(
      'cancel',
      'Stop an operation and put back what no message shows yet',
      operationOption('required'),
    ),
    acknowledge: 'private',
    run: ({ interaction, caller }) => cancel(services, operationIn(interaction), caller),
  };
}

/** `Pause`, `Resume` and `Cancel` on a progress message. */
export function controlPresses(services: BulkServices): PressHandler[] {
  const presses = [
    [customIds.pause, pause],
    [customIds.resume, resume],
    [customIds.cancel, cancel],
  ] as const;
  return presses.map(([id, act]) =>
    onPress(id, {
      acknowledge: 'private',
      run: ({ caller }, { operation }) => act(services, operation, caller),
    }),
  );
}

async function pause(services: BulkServices, id: number, caller: Caller): Promise<MessageBody> {
  await control(services, pauseOperation, id, caller);
  return {
    content: `Operation #${id} is paused: messages in flight finish, then none is touched until it is resumed.`,
  };
}

async function resume(services: BulkServices, id: number, caller: Caller): Promise<MessageBody> {
  await control(services, resumeOperation, id, caller);
  await services.runner.admit();
  const { state } = await loadOperation(services.db, id);
  const when = state === 'queued' ? 'goes on as soon as a slot is free, ahead of the queue' : 'goes on';
  return { content: `Operation #${id} ${when}.` };
}

async function cancel(services: BulkServices, id: number, caller: Caller): Promise<MessageBody> {
  await control(services, cancelOperation, id, caller);
  return {
    content: `Operation #${id} is being cancelled: messages in flight finish, every poll whose message does not show the change yet goes back to what it was.`,
  };
}

type Control = (db: Db, id: number, by: Controller, now: Date) => Promise<void>;

async function control(services: BulkServices, change: Control, id: number, caller: Caller): Promise<void> {
  const operation = await knownOperation(services, id, caller);
  const { interactionId, serverId, channelId, userId } = caller;
  const from = { interactionId, serverId: serverId, channelId };
  await change(
    services.db,
    operation.id,
    { userId, processId: services.processId, from },
    services.clock.now(),
  );
  services.runner.poke();
}
