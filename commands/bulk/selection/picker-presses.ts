import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';
import { counted } from '../../../src/base/display/plural.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { PressHandler } from '../../../src/bot/handlers.ts';
import { newestFrame, type PickerChange } from '../../../src/bulk/selection/picker-store.ts';
import { firstFrame, turnedFrame } from '../../../src/bulk/selection/picker-view.ts';
import { changeClaimed } from '../../../src/bulk/selection/selection-store.ts';
import { changeText } from '../../../src/bulk/selection/selection-text.ts';
import { type BoundedCount, formatCount, matchPolls } from '../../../src/polls/lists/match-polls.ts';
import type { PollFilter } from '../../../src/polls/lists/poll-filter.ts';
import { type PollOrder, pollOrders } from '../../../src/polls/lists/poll-page.ts';
import { asPollStatus } from '../../../src/polls/poll.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { frameShown, onPicker, type PickerPress } from './picker-press.ts';

/** The picker's own menus and buttons. */
export function pickerPresses(services: BulkServices): PressHandler[] {
  return [
    onPicker(services, customIds.pickBack, (press) => turn(press, 'back')),
    onPicker(services, customIds.pickOn, (press) => turn(press, 'on')),
    onPicker(services, customIds.pickStatus, chooseStatus),
    onPicker(services, customIds.pickSort, chooseOrder),
    onPicker(services, customIds.pickPolls, choosePolls),
    onPicker(services, customIds.pickPage, selectPage),
    onPicker(services, customIds.pickAll, selectAllMatching),
    onPicker(services, customIds.pickClear, clear),
  ];
}

async function turn(
  { trx, owner, picker, frame }: PickerPress,
  direction: 'back' | 'on',
): Promise<PickerChange> {
  const newest = newestFrame(picker);
  const from = frame ?? newest;
  // A place in one list is none in another. Such a list stays as it is shown now.
  if (from.status !== newest.status || from.order !== newest.order) return {};
  return { show: await turnedFrame(trx, owner.scope, picker, { from, direction }) };
}

async function chooseStatus(press: PickerPress): Promise<PickerChange> {
  const { filter, order } = press.picker;
  const [value] = chosenIn(press);
  return await relisted(press, { ...filter, status: asPollStatus(value) }, order);
}

async function chooseOrder(press: PickerPress): Promise<PickerChange> {
  const { filter, order } = press.picker;
  const [value] = chosenIn(press);
  return await relisted(press, filter, pollOrders.find((one) => one === value) ?? order);
}

/**
 * Changes only what somebody changed in the menu, because the rest may have been changed elsewhere meanwhile. What
 * was deleted meanwhile was not for them to choose.
 */
async function choosePolls(press: PickerPress): Promise<PickerChange> {
  const { ids, chosen: before } = frameShown(press);
  const chosen = new Set(chosenIn(press).map(Number));
  const done = await changeClaimed(press.trx, press.owner, press.maxPolls, (selection) => ({
    add: ids.filter((id) => chosen.has(id) && !before.includes(id)),
    remove: before.filter((id) => !chosen.has(id) && selection.ids.includes(id)),
  }));
  return { notice: changeText(done) };
}

async function selectPage(press: PickerPress): Promise<PickerChange> {
  const { ids } = frameShown(press);
  const done = await changeClaimed(press.trx, press.owner, press.maxPolls, () => ({ add: ids }));
  return { notice: changeText(done) };
}

/** The list that the button's number stood on, as it is now. */
async function selectAllMatching(press: PickerPress): Promise<PickerChange> {
  const { status } = frameShown(press);
  const { trx, owner, picker, maxPolls } = press;
  const filter = { ...picker.filter, status: status ?? undefined };
  const { ids, ...found } = await matchPolls(trx, owner.scope, filter, maxPolls);
  if (found.count > maxPolls) throw tooManyMatch(found, maxPolls);
  const done = await changeClaimed(trx, owner, maxPolls, () => ({ add: ids }));
  return { notice: `${counted(ids.length, 'poll')} matched at that moment. ${changeText(done)}` };
}

async function clear({ trx, owner, maxPolls }: PickerPress): Promise<PickerChange> {
  return { notice: changeText(await changeClaimed(trx, owner, maxPolls, () => ({ remove: 'all' }))) };
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

function chosenIn({ interaction }: PickerPress): readonly string[] {
  if (interaction.isStringSelectMenu()) return interaction.values;
  throw new UserError('This menu no longer works. Open another picker with `/bulk select`.');
}
