import type { ChatInputCommandInteraction } from 'discord.js';
import type { Caller, PressHandler, PressInteraction } from '../../src/bot/handlers.ts';
import { assertRoomForPreview } from '../../src/bulk/open-previews.ts';
import { planUndo } from '../../src/bulk/plan-undo.ts';
import type { MessageBody } from '../../src/message-body.ts';
import type { BulkServices } from './bulk-services.ts';
import { askingOf } from './caller.ts';
import { knownOperation } from './known-operation.ts';
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
  return showPreview(services, draft);
}

export function undoPress(services: BulkServices): PressHandler {
  return {
    action: 'undo',
    acknowledge: 'private',
    run: (interaction, [id], caller) => previewUndo(services, Number(id), interaction, caller),
  };
}
