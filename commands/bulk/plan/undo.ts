import type { ChatInputCommandInteraction } from 'discord.js';
import type { MessageBody } from '../../../src/base/message-body.ts';
import type { Caller, PressHandler, PressInteraction } from '../../../src/bot/handlers.ts';
import { planUndo } from '../../../src/bulk/plan/plan-undo.ts';
import { assertRoomForPreview } from '../../../src/bulk/preview/open-previews.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { askingOf } from '../request/caller.ts';
import { knownOperation } from '../request/known-operation.ts';
import { showPreview } from './preview.ts';

/** `Undo` and `/bulk undo`: the preview of putting an operation's polls back to what they were. */
export async function previewUndo(
  services: BulkServices,
  id: number,
  interaction: ChatInputCommandInteraction | PressInteraction,
  caller: Caller,
): Promise<MessageBody> {
  const original = await knownOperation(services, id, caller);
  const asking = {
    ...askingOf(interaction, caller),
    reason: `undo of Operation #${original.id}`,
    private: original.private,
  };
  const { db, process, limits } = services;
  await assertRoomForPreview(db, asking, limits);
  const draft = await planUndo(db, original, asking, process, services.clock.now(), limits.confirmDelayMs);
  return await showPreview(services, draft);
}

export function undoPress(services: BulkServices): PressHandler {
  return {
    action: 'undo',
    acknowledge: 'private',
    run: (interaction, [id], caller) => previewUndo(services, Number(id), interaction, caller),
  };
}
