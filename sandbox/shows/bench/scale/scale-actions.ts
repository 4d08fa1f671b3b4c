import { UserError } from '../../../../src/base/errors.ts';
import { type ListPage, openPicker, pressPicker } from '../../../../src/bulk/selection/picker-store.ts';
import { firstFrame, readPickerView, turnedFrame } from '../../../../src/bulk/selection/picker-view.ts';
import { changeSelection, type SelectionOwner } from '../../../../src/bulk/selection/selection-store.ts';
import type { Db } from '../../../../src/db/schema.ts';
import { matchPolls } from '../../../../src/polls/lists/match-polls.ts';
import type { PollFilter } from '../../../../src/polls/lists/poll-filter.ts';
import type { PollOrder } from '../../../../src/polls/lists/poll-page.ts';
import { suggestPolls } from '../../../../src/polls/lists/poll-suggestions.ts';
import { everyServer, oneServer, type Scope } from '../../../../src/polls/scope.ts';
import { pageBehind } from './page-behind.ts';
import { ownChannel, ownGuild, type SeedSize, sought } from './seed-polls.ts';

/** Something that people do, as the commands do it. */
export interface ScaleAction {
  readonly name: string;
  /** Whether it must take about as long however many polls there are. */
  readonly demanded: boolean;
  /** Prepares the action, once for each database. What it returns is timed; it gets the number of the turn. */
  prepare(db: Db, size: SeedSize): Promise<(turn: number) => Promise<unknown>>;
}

const maxPolls = 1000;
const mostChoices = 25;
const now = new Date();
const someDays = (days: number) => new Date(now.getTime() - days * 24 * 60 * 60 * 1000);

const admin: SelectionOwner = { adminId: '790000000000000001', scope: oneServer(ownGuild) };
const superAdmin: SelectionOwner = { adminId: '790000000000000002', scope: everyServer };

export const scaleActions: readonly ScaleAction[] = [
  ...(['newest', 'oldest', 'closing'] as const).flatMap((order) => [
    opens(`open, ${order} first`, admin, {}, order),
    opens(`open, ${order} first, active`, admin, { status: 'active' }, order),
    opens(`open, ${order} first, super admin`, superAdmin, {}, order),
    opens(`open, ${order} first, active, super admin`, superAdmin, { status: 'active' }, order),
    turns(`▶ in the middle, ${order} first`, admin, {}, order, 'on'),
    turns(`◀ in the middle, ${order} first`, admin, {}, order, 'back'),
    turns(`▶ in the middle, ${order} first, super admin`, superAdmin, {}, order, 'on'),
  ]),
  turns('▶ in the middle, newest first, closed', admin, { status: 'closed' }, 'newest', 'on'),
  turns('▶ in the middle, closing first, closed', admin, { status: 'closed' }, 'closing', 'on'),
  ...texts('rare text (100 polls)', sought.rare),
  ...texts('common text (1 in 10)', sought.common),
  ...texts('text common elsewhere only', sought.elsewhere),
  ...texts('two letters, common', sought.twoLetters),
  ...texts('two letters that no poll has', sought.noTwoLetters, false),
  opens('open, of a channel', admin, { channelId: ownChannel }, 'newest'),
  opens('open, of a channel, closing first', admin, { channelId: ownChannel }, 'closing'),
  opens('open, of a creator', admin, { creatorId: '730000000000000049' }, 'newest'),
  opens('open, created before a year ago', admin, { createdBefore: someDays(365) }, 'newest'),
  opens('open, created in the last 30 days, oldest first', admin, { createdAfter: someDays(30) }, 'oldest'),
  opens(
    'open, created in one week, closed, super admin',
    superAdmin,
    { createdAfter: someDays(372), createdBefore: someDays(365), status: 'closed' },
    'newest',
  ),
  selectsAll('select all matching: 1000 of a channel', { channelId: ownChannel }, false),
  selectsAll('select all matching: 1000 with a text', { text: sought.thousand }, false),
  selectsAll('select all matching: refused', {}, true),
  suggests('autocomplete, nothing typed', ''),
  suggests('autocomplete, a number', '12'),
  suggests('autocomplete, a rare word', sought.rare),
  suggests('autocomplete, two words', `${sought.common} ${sought.elsewhere}`),
  finds('a command finds polls: status and text', { status: 'closed', text: sought.thousand }),
  finds('a command finds polls: too many', { status: 'closed', createdBefore: someDays(100) }),
];

function opens(
  name: string,
  owner: SelectionOwner,
  filter: PollFilter,
  order: PollOrder,
  demanded = true,
): ScaleAction {
  return {
    name,
    demanded,
    prepare: async (db) => async (turn) => {
      await readPickerView(db, owner, await open(db, owner, filter, order, `open ${name} ${turn}`));
    },
  };
}

function texts(name: string, text: string, demanded = true): ScaleAction[] {
  return [
    opens(`open, ${name}`, admin, { text }, 'newest', demanded),
    opens(`open, ${name}, closing first`, admin, { text }, 'closing', demanded),
    opens(`open, ${name}, super admin`, superAdmin, { text }, 'newest', demanded),
  ];
}

/** Turns the page in the middle of the list, and shows it. */
function turns(
  name: string,
  owner: SelectionOwner,
  filter: PollFilter,
  order: PollOrder,
  direction: 'back' | 'on',
): ScaleAction {
  return {
    name,
    demanded: true,
    prepare: async (db, size) => {
      const id = await open(db, owner, filter, order, `turn ${name}`);
      const from = await middlePage(db, owner.scope, filter, order, size);
      return async (turn) => {
        const interactionId = `turn ${name} ${turn}`;
        await pressPicker(db, { owner, id }, { interactionId, now }, async (picker, trx) => ({
          show: await turnedFrame(trx, owner.scope, picker, { from, direction }),
        }));
        await readPickerView(db, owner, id);
      };
    },
  };
}

function selectsAll(name: string, filter: PollFilter, refused: boolean): ScaleAction {
  return {
    name,
    demanded: true,
    prepare: async (db) => async (turn) => {
      // A new selection each time, so that each turn begins with nothing selected.
      const owner = { ...admin, adminId: `${name} ${turn}` };
      const interactionId = `select ${name} ${turn}`;
      const change = changeSelection(db, owner, { interactionId, maxPolls, now }, async (_before, trx) => {
        const { ids, ...found } = await matchPolls(trx, owner.scope, filter, maxPolls);
        if (found.count > maxPolls) throw new UserError(`${found.count} polls match`);
        return { add: ids };
      });
      const answer = await change.catch((error: unknown) => {
        if (error instanceof UserError) return error;
        throw error;
      });
      if (answer instanceof UserError !== refused) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    },
  };
}

function suggests(name: string, typed: string): ScaleAction {
  const wanted = { scope: admin.scope, limit: mostChoices };
  return { name, demanded: true, prepare: async (db) => () => suggestPolls(db, wanted, typed) };
}

function finds(name: string, filter: PollFilter): ScaleAction {
  return {
    name,
    demanded: true,
    prepare: async (db) => () => matchPolls(db, admin.scope, filter, maxPolls),
  };
}

async function open(
  db: Db,
  owner: SelectionOwner,
  filter: PollFilter,
  order: PollOrder,
  interactionId: string,
): Promise<number> {
  const first = await firstFrame(db, owner.scope, filter, order);
  return await openPicker(db, owner, { list: { filter, targets: {}, order }, first }, { interactionId, now });
}

/** The page that somebody sees after turning through half of the list. */
async function middlePage(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  order: PollOrder,
  { polls, own }: SeedSize,
): Promise<ListPage> {
  const half = Math.floor((scope.all ? polls : own) / 2);
  return { ...(await pageBehind(db, scope, filter, order, half)), page: 1000 };
}
