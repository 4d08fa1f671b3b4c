import { UserError } from '../../../src/base/errors.ts';
import type { PressHandler, PressInteraction, Respond } from '../../../src/bot/handlers.ts';
import { renderPicker } from '../../../src/bulk/selection/picker-embed.ts';
import {
  type Frame,
  frameOf,
  newestFrame,
  type Picker,
  type PickerChange,
  pressPicker,
  readPicker,
} from '../../../src/bulk/selection/picker-store.ts';
import { readPickerView } from '../../../src/bulk/selection/picker-view.ts';
import type { SelectionOwner } from '../../../src/bulk/selection/selection-store.ts';
import type { Db } from '../../../src/db/schema.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { ownerOf } from '../request/caller.ts';

export interface PickerPress {
  /** The transaction in which the press is noted. */
  readonly trx: Db;
  readonly interaction: PressInteraction;
  readonly owner: SelectionOwner;
  readonly picker: Picker;
  /** What the press was made on; null where that is not known any more. */
  readonly frame: Frame | null;
}

/**
 * A press on a picker: does its work and notes what came of it in one transaction, then shows the picker as it is. Of
 * several processes that hear of a press one does the work, and any may show it. Whose picker it is not is refused
 * before anything is done.
 */
export function onPicker(
  services: BulkServices,
  action: string,
  act: (press: PickerPress) => Promise<PickerChange>,
): PressHandler {
  return {
    action,
    acknowledge: 'self',
    run: async (interaction, [id, frame], caller, respond) => {
      const owner = ownerOf(caller);
      const once = { interactionId: caller.interactionId, now: services.clock.now() };
      const note = (change: Parameters<typeof pressPicker>[4]) =>
        services.turns.run(caller, () => pressPicker(services.db, owner, Number(id), once, change));
      try {
        await note((picker, trx) =>
          act({ trx, interaction, owner, picker, frame: frameOf(picker, Number(frame)) }),
        );
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // Told in the picker, whose menu would otherwise go on to show what was chosen in vain.
        await note(async () => ({ notice: `⚠️ ${error.message}` }));
      }
      const read = () => services.turns.run(caller, () => readPickerView(services.db, owner, Number(id)));
      await show(services, owner, Number(id), read, respond);
    },
  };
}

/** Throws `UserError` where it is not known what the press was made on. */
export function frameShown({ frame }: PickerPress): Frame {
  if (frame) return frame;
  throw new UserError('That page was replaced before, so nothing was changed. This is how it is now.');
}

/** Shows the picker, and again where another press was noted meanwhile: its answer may have come first. */
async function show(
  services: BulkServices,
  owner: SelectionOwner,
  id: number,
  read: () => ReturnType<typeof readPickerView>,
  respond: Respond,
): Promise<void> {
  for (;;) {
    const view = await read();
    await respond.update(renderPicker(view, services.names));
    if (newestFrame(await readPicker(services.db, owner, id)).number === view.frame.number) return;
  }
}
