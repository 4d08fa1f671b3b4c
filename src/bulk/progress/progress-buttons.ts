import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import { customIds } from '../../base/custom-ids/custom-ids.ts';
import { isResult } from '../operation.ts';
import { button } from '../words/button.ts';
import type { ProgressRows } from './progress-store.ts';

/** The buttons that apply to the operation now. */
export function progressButtons(rows: ProgressRows): APIActionRowComponent<APIButtonComponentWithCustomId>[] {
  const { id, state, resumed_at } = rows.operation;
  const of = { operation: id };
  const buttons: APIButtonComponentWithCustomId[] = [];
  const waitsToGoOn = state === 'queued' && resumed_at !== null;
  if (state === 'running' || waitsToGoOn)
    buttons.push(button('Pause', customIds.pause.encode(of), ButtonStyle.Secondary));
  if (state === 'paused') buttons.push(button('Resume', customIds.resume.encode(of), ButtonStyle.Primary));
  if (state === 'running' || state === 'paused' || state === 'queued') {
    buttons.push(button('Cancel', customIds.cancel.encode(of), ButtonStyle.Danger));
  }
  if (isResult(state)) {
    const words = { retry: `Retry failed (${rows.failed})`, undo: 'Undo', report: 'Report' } as const;
    for (const action of resultActions(rows)) {
      const style = action === 'retry' ? ButtonStyle.Primary : ButtonStyle.Secondary;
      buttons.push(button(words[action], customIds[action].encode(of), style));
    }
  }
  return buttons.length === 0 ? [] : [{ type: ComponentType.ActionRow, components: buttons }];
}

/** What can be done about a result, as a button or as the subcommand of that name. */
export function resultActions(rows: ProgressRows): ('retry' | 'undo' | 'report')[] {
  return [
    ...(rows.failed > 0 && rows.retriedBy === null ? (['retry'] as const) : []),
    ...(rows.undoable ? (['undo'] as const) : []),
    'report',
  ];
}
