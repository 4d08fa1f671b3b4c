import type { Caller, PressHandler, PressInteraction, Respond } from '../../src/bot/handlers.ts';
import { renderPicker } from '../../src/bulk/picker-embed.ts';
import {
  type Frame,
  frameOf,
  newestFrame,
  type Picker,
  pressPicker,
  readPicker,
} from '../../src/bulk/picker-store.ts';
import { readPickerView } from '../../src/bulk/picker-view.ts';
import type { SelectionOwner } from '../../src/bulk/selection-store.ts';
import { UserError } from '../../src/errors.ts';
import type { BulkServices } from './bulk-services.ts';
import { ownerOf } from './caller.ts';

export interface PickerPress {
  readonly services: BulkServices;
  readonly interaction: PressInteraction;
  readonly caller: Caller;
  readonly owner: SelectionOwner;
  /** As it was when the press came. */
  readonly picker: Picker;
  /** What the press was made on; null where that is not known any more. */
  readonly frame: Frame | null;
}

/**
 * A press on a picker: does its work, then shows the picker as it is, with what `act` has to say. Whose picker it is not
 * is refused before anything is done.
 */
export function onPicker(
  services: BulkServices,
  action: string,
  act: (press: PickerPress) => Promise<string | null>,
): PressHandler {
  return {
    action,
    acknowledge: 'self',
    run: async (interaction, [id, frame], caller, respond) => {
      const owner = ownerOf(caller);
      const picker = await readPicker(services.db, owner, Number(id));
      const press = { services, interaction, caller, owner, picker, frame: frameOf(picker, Number(frame)) };
      const notice = await act(press).catch((error: unknown) => refused(press, error));
      await show(press, notice, respond);
    },
  };
}

/** Notes the press, so that what is shown after it is a frame of its own. */
export async function pressed(
  { services, owner, picker }: PickerPress,
  change: Parameters<typeof pressPicker>[4] = async () => ({}),
): Promise<void> {
  await pressPicker(services.db, owner, picker.id, services.clock.now(), change);
}

/** Throws `UserError` where it is not known what the press was made on. */
export function frameShown({ frame }: PickerPress): Frame {
  if (frame) return frame;
  throw new UserError('That page was replaced before, so nothing was changed. This is how it is now.');
}

/** A refusal is told in the picker, whose menu would otherwise go on to show what was chosen in vain. */
async function refused(press: PickerPress, error: unknown): Promise<string> {
  if (!(error instanceof UserError)) throw error;
  await pressed(press);
  return `⚠️ ${error.message}`;
}

/** Shows the picker, and again where another press was noted meanwhile: its answer may have come first. */
async function show(
  { services, owner, picker: { id } }: PickerPress,
  notice: string | null,
  respond: Respond,
): Promise<void> {
  for (;;) {
    const view = await readPickerView(services.db, owner, id);
    await respond.update(renderPicker(view, services.names, notice));
    if (newestFrame(await readPicker(services.db, owner, id)).number === view.frame.number) return;
  }
}
