import type { PressHandler } from '../../src/bot/handlers.ts';
import type { BulkServices } from './bulk-services.ts';
import { confirmPresses } from './confirm.ts';
import { controlPresses } from './control.ts';
import { historyPresses } from './history.ts';
import { reportPress } from './operation-subcommands.ts';
import { previewPresses } from './preview.ts';
import { retryPress } from './retry.ts';
import { pickerPresses } from './select.ts';
import { toolbarPresses } from './toolbar.ts';
import { undoPress } from './undo.ts';

/** Every button and modal of `/bulk`. */
export function bulkPresses(services: BulkServices): PressHandler[] {
  return [
    ...previewPresses(services),
    ...confirmPresses(services),
    ...controlPresses(services),
    retryPress(services),
    reportPress(services),
    undoPress(services),
    ...historyPresses(services),
    ...pickerPresses(services),
    ...toolbarPresses(services),
  ];
}
