import { UserError } from '../../../src/base/errors.ts';
import type { Caller } from '../../../src/bot/caller.ts';
import type { PlanRequest } from '../../../src/bulk/plan/plan.ts';
import { readSelection } from '../../../src/bulk/selection/selection-store.ts';
import { selectedText } from '../../../src/bulk/selection/selection-text.ts';
import { formatPollNumbers } from '../../../src/bulk/words/poll-numbers.ts';
import type { BulkServices } from './bulk-services.ts';
import { ownerOf } from './caller.ts';

/** The saved selection as targets. Throws `UserError` if nothing is selected, or if all of it was deleted since. */
export async function selectedTargets(
  services: Pick<BulkServices, 'db'>,
  caller: Caller,
): Promise<Pick<PlanRequest, 'targets' | 'filter' | 'absent'>> {
  const { ids, gone } = await readSelection(services.db, ownerOf(caller));
  if (ids.length === 0) throw gone.length === 0 ? noSelection() : onlyDeleted(gone);
  return {
    targets: { selection: selectedText({ ids, gone }) },
    filter: { ids: [...ids, ...gone] },
    absent: 'deleted since it was selected',
  };
}

function noSelection(): UserError {
  return new UserError(
    "Nothing is selected, so nothing was changed. Choose polls with `/bulk select`, with *Apps → Select poll* on a poll's message, or with `/bulk selection add`; or say in the command which are meant, for example `polls: 12, 40-55`, `status: active` or `channel: #votes`.",
  );
}

function onlyDeleted(gone: readonly number[]): UserError {
  return new UserError(
    `Every selected poll was deleted since: ${formatPollNumbers(gone)}. Nothing was changed. \`Undo\` of the delete brings them back; to go on with others, choose them with \`/bulk select\`.`,
  );
}
