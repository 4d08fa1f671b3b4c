import type { CustomId } from '../../../src/base/custom-ids/custom-id.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { PressHandler, PressInteraction } from '../../../src/bot/handlers.ts';
import { onPress } from '../../../src/bot/on-press.ts';
import type { Respond } from '../../../src/bot/respond.ts';
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
import type { Trx } from '../../../src/db/transaction.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { ownerOf } from '../request/caller.ts';

/** What the custom ids of a picker carry. */
interface PickerValues {
  readonly picker: number;
  readonly frame?: number;
}

export interface PickerPress {
  /** The transaction in which the press is noted. */
  readonly trx: Trx;
  readonly interaction: PressInteraction;
  readonly owner: SelectionOwner;
  /** How many polls may be selected. */
  readonly maxPolls: number;
  readonly picker: Picker;
  /** What the press was made on; null if that is no longer known. */
  readonly frame: Frame | null;
}

/**
 * Handles a press on a picker: does its work and notes what it did in one transaction, then shows the picker as it
 * is. If several processes hear of a press, one does the work, and any may show it. Somebody else's picker is refused
 * before anything is done.
 */
export function onPicker<Values extends PickerValues>(
  services: BulkServices,
  id: CustomId<Values>,
  act: (press: PickerPress) => Promise<PickerChange>,
): PressHandler {
  const { db, turns, clock } = services;
  const { maxPolls } = services.planLimits;
  return onPress(id, {
    acknowledge: 'self',
    run: async ({ interaction, caller, respond }, pressed) => {
      const owner = ownerOf(caller);
      const once = { interactionId: caller.interactionId, now: clock.now() };
      const note = (change: Parameters<typeof pressPicker>[3]) =>
        turns.run(caller, () => pressPicker(db, { owner, id: pressed.picker }, once, change));
      try {
        await note((picker, trx) => {
          const frame = pressed.frame === undefined ? null : frameOf(picker, pressed.frame);
          return act({ trx, interaction, owner, maxPolls, picker, frame });
        });
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // It is told in the picker. Otherwise the picker's menu would go on to show what was chosen in vain.
        await note(async () => ({ notice: `⚠️ ${error.message}` }));
      }
      const read = {
        view: () => turns.run(caller, () => readPickerView(db, owner, pressed.picker)),
        picker: () => readPicker(db, owner, pressed.picker),
      };
      await show(services, read, respond);
    },
  });
}

/** Throws `UserError` if it is not known what the press was made on. */
export function frameShown({ frame }: PickerPress): Frame {
  if (frame) return frame;
  throw new UserError('That page was replaced before, so nothing was changed. This is how it is now.');
}

/** Shows the picker. Shows it again if another press was noted meanwhile: that one's answer may have come first. */
async function show(
  { names }: BulkServices,
  read: { view(): ReturnType<typeof readPickerView>; picker(): Promise<Picker> },
  respond: Respond,
): Promise<void> {
  for (;;) {
    const view = await read.view();
    await respond.update(renderPicker(view, names));
    if (newestFrame(await read.picker()).number === view.frame.number) return;
  }
}
