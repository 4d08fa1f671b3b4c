import type { ChatInputCommandInteraction } from 'discord.js';
import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import type { MessageBody } from '../../../src/base/message-body.ts';
import { undoableHours } from '../../../src/base/undo-window.ts';
import type { Invocation, PressHandler, PressInteraction } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { assertRoomForPreview } from '../../../src/bulk/preview/open-previews.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { askingOf } from '../request/caller.ts';
import { knownOperation } from '../request/known-operation.ts';
import { operationIn, operationOption } from '../request/operation-option.ts';
import { showPreview } from './preview.ts';

/** `/bulk undo` */
export function undoSubcommand(services: BulkServices): Subcommand {
  return {
    definition: subcommandDefinition(
      'undo',
      `Put an operation's polls back to what they were, within ${undoableHours} hours`,
      operationOption('required'),
    ),
    acknowledge: 'private',
    run: (invocation) => previewUndo(services, invocation, operationIn(invocation.interaction)),
  };
}

/** `Undo` */
export function undoPress(services: BulkServices): PressHandler {
  return onPress(customIds.undo, {
    acknowledge: 'private',
    run: (invocation, { operation }) => previewUndo(services, invocation, operation),
  });
}

/** The preview of putting an operation's polls back to what they were. */
async function previewUndo(
  services: BulkServices,
  invocation: Invocation<ChatInputCommandInteraction | PressInteraction>,
  id: number,
): Promise<MessageBody> {
  const original = await knownOperation(services, id, invocation.caller);
  const asking = {
    ...askingOf(invocation),
    reason: `undo of Operation #${original.id}`,
    private: original.private,
  };
  const { db, processId, planLimits, previewLimits, clock } = services;
  await assertRoomForPreview(db, asking, previewLimits);
  const draft = await planUndo(db, original, asking, {
    processId,
    now: clock.now(),
    confirmDelayMs: planLimits.confirmDelayMs,
  });
  return await showPreview(services, draft);
}
