import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { renderPicker } from '../../../src/bulk/selection/picker-embed.ts';
import { openPicker } from '../../../src/bulk/selection/picker-store.ts';
import { firstFrame, readPickerView } from '../../../src/bulk/selection/picker-view.ts';
import { formatPollNumbers } from '../../../src/bulk/words/poll-numbers.ts';
import type { Db } from '../../../src/db/schema.ts';
import { matchPolls } from '../../../src/polls/lists/match-polls.ts';
import type { Scope } from '../../../src/polls/scope.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { ownerOf } from '../request/caller.ts';
import { readTargets } from '../request/read-targets.ts';
import { targetOptions } from '../request/target-options.ts';

/** `/bulk select`: opens the picker. */
export function selectSubcommand(services: BulkServices): Subcommand {
  return {
    definition: subcommandDefinition('select', 'Choose polls from a list, page by page', ...targetOptions),
    acknowledge: 'private',
    run: async ({ interaction, caller }) => {
      const owner = ownerOf(caller);
      const now = services.clock.now();
      const { targets, filter } = readTargets(interaction, {
        ...services,
        scope: owner.scope,
        now,
        maxPolls: services.planLimits.maxPolls,
      });
      // The status has a menu of its own, which shows it.
      const { status, ...written } = targets;
      const list = { filter, targets: written, order: 'newest' } as const;
      const first = await firstFrame(services.db, owner.scope, filter, list.order);
      const { interactionId } = caller;
      const notice = await notFound(services.db, owner.scope, filter.ids ?? []);
      const id = await openPicker(
        services.db,
        owner,
        { list, first: { ...first, notice } },
        { interactionId, now },
      );
      return renderPicker(await readPickerView(services.db, owner, id), services.names);
    },
  };
}

/** The words for numbers that were written and are no polls in scope, or null. */
async function notFound(db: Db, scope: Scope, written: readonly number[]): Promise<string | null> {
  const { ids } = await matchPolls(db, scope, { ids: written }, written.length);
  const missing = written.filter((id) => !ids.includes(id));
  return missing.length === 0 ? null : `Not found: ${formatPollNumbers(missing, 40)}.`;
}
