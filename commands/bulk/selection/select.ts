import type { StringSelectMenuInteraction } from 'discord.js';
import { ComponentType } from 'discord-api-types/v10';
import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import { counted } from '../../../src/base/display/plural.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { PressHandler, PressInteraction } from '../../../src/bot/handlers.ts';
import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { renderPicker } from '../../../src/bulk/selection/picker-embed.ts';
import { newestFrame, openPicker, type PickerChange } from '../../../src/bulk/selection/picker-store.ts';
import { firstFrame, readPickerView, turnedFrame } from '../../../src/bulk/selection/picker-view.ts';
import { changeClaimed } from '../../../src/bulk/selection/selection-store.ts';
import { changeText } from '../../../src/bulk/selection/selection-text.ts';
import { formatPollNumbers } from '../../../src/bulk/words/poll-numbers.ts';
import type { Db } from '../../../src/db/schema.ts';
import { type BoundedCount, formatCount, matchPolls } from '../../../src/polls/lists/match-polls.ts';
import type { PollFilter } from '../../../src/polls/lists/poll-filter.ts';
import { type PollOrder, pollOrders } from '../../../src/polls/lists/poll-page.ts';
import { asPollStatus } from '../../../src/polls/poll.ts';
import type { Scope } from '../../../src/polls/scope.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { ownerOf } from '../request/caller.ts';
import { readTargets } from '../request/read-targets.ts';
import { targetOptions } from '../request/target-options.ts';
import { frameShown, onPicker, type PickerPress } from './picker-press.ts';

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
        maxPolls: services.limits.maxPolls,
      });
      // The status has a menu of its own, which shows it.
      const { status, ...written } = targets;
      const list = { filter, targets: written, order: 'newest' } as const;
      const first = await firstFrame(services.db, owner.scope, filter, list.order);
      const { interactionId } = caller;
      const notice = await notFound(services.db, owner.scope, filter.ids ?? []);
      const id = await openPicker(services.db, owner, list, { ...first, notice }, { interactionId, now });
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

/** The picker's own menus and buttons. */
export function pickerPresses(services: BulkServices): PressHandler[] {
  const { maxPolls } = services.limits;
  const turning = (direction: 'back' | 'on') =>
    onPicker(
      services,
      direction === 'back' ? customIds.pickBack : customIds.pickOn,
      async ({ trx, owner, picker, frame }) => {
        const newest = newestFrame(picker);
        const from = frame ?? newest;
        // A place in one list is none in another: that one stays as it is shown now.
        if (from.status !== newest.status || from.order !== newest.order) return {};
        return { show: await turnedFrame(trx, owner.scope, picker, from, direction) };
      },
    );
  return [
    turning('back'),
    turning('on'),
    onPicker(services, customIds.pickStatus, async (press) => {
      const { filter, order } = press.picker;
      const [value] = chosenIn(press.interaction);
      return await relisted(press, { ...filter, status: asPollStatus(value) }, order);
    }),
    onPicker(services, customIds.pickSort, async (press) => {
      const { filter, order } = press.picker;
      const [value] = chosenIn(press.interaction);
      return await relisted(press, filter, pollOrders.find((one) => one === value) ?? order);
    }),
    onPicker(services, customIds.pickPolls, async (press) => {
      const { ids, chosen: before } = frameShown(press);
      const chosen = new Set(chosenIn(press.interaction).map(Number));
      // Only what somebody changed in the menu: the rest may have been changed elsewhere meanwhile. What was deleted
      // meanwhile was not for them to choose.
      const done = await changeClaimed(press.trx, press.owner, maxPolls, (selection) => ({
        add: ids.filter((id) => chosen.has(id) && !before.includes(id)),
        remove: before.filter((id) => !chosen.has(id) && selection.ids.includes(id)),
      }));
      return { notice: changeText(done) };
    }),
    onPicker(services, customIds.pickPage, async (press) => {
      const { ids } = frameShown(press);
      const done = await changeClaimed(press.trx, press.owner, maxPolls, () => ({ add: ids }));
      return { notice: changeText(done) };
    }),
    onPicker(services, customIds.pickAll, async (press) => {
      const { status } = frameShown(press);
      const { trx, owner, picker } = press;
      const filter = { ...picker.filter, status: status ?? undefined };
      const { ids, ...found } = await matchPolls(trx, owner.scope, filter, maxPolls);
      if (found.count > maxPolls) throw tooManyMatch(found, maxPolls);
      const done = await changeClaimed(trx, owner, maxPolls, () => ({ add: ids }));
      const matched = `${counted(ids.length, 'poll')} matched`;
      return { notice: `${matched} at that moment. ${changeText(done)}` };
    }),
    onPicker(services, customIds.pickClear, async ({ trx, owner }) => ({
      notice: changeText(await changeClaimed(trx, owner, maxPolls, () => ({ remove: 'all' }))),
    })),
  ];
}

/** The first page of another list. */
async function relisted(
  { trx, owner }: PickerPress,
  filter: PollFilter,
  order: PollOrder,
): Promise<PickerChange> {
  return { filter, order, show: await firstFrame(trx, owner.scope, filter, order) };
}

function tooManyMatch(found: BoundedCount, limit: number): UserError {
  return new UserError(
    `${formatCount(found)} polls match, but at most ${limit} can be selected, as one operation takes no more. Nothing was changed. Narrow them by the status menu, or open \`/bulk select\` with more filters, such as \`channel\`, \`text\` or \`created_before\`.`,
  );
}

function chosenIn(interaction: PressInteraction): readonly string[] {
  if (interaction.isModalSubmit() || interaction.componentType !== ComponentType.StringSelect) {
    throw new UserError('This menu no longer works. Open another picker with `/bulk select`.');
  }
  return (interaction as StringSelectMenuInteraction).values;
}
