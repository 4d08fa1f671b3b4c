import type { PressHandler } from '../../src/bot/handlers.ts';
import { controlPresses } from './operation/control.ts';
import { historyPresses } from './operation/history.ts';
import { reportPress } from './operation/report.ts';
import { confirmPresses } from './plan/confirm.ts';
import { previewPresses } from './plan/preview.ts';
import { retryPress } from './plan/retry.ts';
import { undoPress } from './plan/undo.ts';
import type { BulkServices } from './request/bulk-services.ts';
import { pickerPresses } from './selection/picker-presses.ts';
import { toolbarPresses } from './selection/toolbar.ts';

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
