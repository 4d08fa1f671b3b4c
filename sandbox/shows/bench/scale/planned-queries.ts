import type { Db } from '../../../../src/db/schema.ts';
import { countPolls, matchPolls } from '../../../../src/polls/lists/match-polls.ts';
import type { PollFilter } from '../../../../src/polls/lists/poll-filter.ts';
import { type PollOrder, pollPage } from '../../../../src/polls/lists/poll-page.ts';
import { suggestPolls } from '../../../../src/polls/lists/poll-suggestions.ts';
import { everyServer, oneServer, type Scope } from '../../../../src/polls/scope.ts';
import { pageBehind } from './page-behind.ts';
import { ownChannel, ownGuild, sought } from './seed-polls.ts';

/** A query whose plan is shown, and why it is fast, or not. */
export interface PlannedQuery {
  readonly name: string;
  readonly why: string;
  readonly indexed: boolean;
  /** What it sends to `watched` is explained. */
  run(watched: Db, db: Db): Promise<unknown>;
}

const mine = oneServer(ownGuild);
const size = 25;
const yearAgo = new Date(Date.now() - 365 * 24 * 60 * 60 * 1000);

export const plannedQueries: readonly PlannedQuery[] = [
  {
    name: 'The first page',
    why: 'An index of server and number is read from its end; 26 rows, however many there are.',
    ...page(mine, {}, 'newest'),
  },
  {
    name: 'A page in the middle, closing soonest first, closed polls only',
    why: 'Keyset paging: the last poll of the page before is where the index is entered, so what was turned over costs nothing. Every order has an index for each scope, with and without a status.',
    indexed: true,
    run: (watched, db) => behind(watched, db, mine, { status: 'closed' }, 'closing', 80_000),
  },
  {
    name: 'A page in the middle, of a super admin',
    why: 'The same by the primary key.',
    indexed: true,
    run: (watched, db) => behind(watched, db, everyServer, {}, 'newest', 500_000),
  },
  {
    name: 'A page of polls created before a year ago',
    why: 'Narrowed by its creation a list goes by that instant, so that the index is entered where the list begins. By numbers, 100,000 newer polls would be read first.',
    ...page(mine, { createdBefore: yearAgo }, 'newest'),
  },
  {
    name: 'A page of a channel',
    why: 'An index of channel and number.',
    ...page(mine, { channelId: ownChannel }, 'newest'),
  },
  {
    name: 'A page with a text that many polls contain',
    why: 'The list is looked through in its order, 5000 polls at most; 26 with the text are met long before.',
    ...page(mine, { text: sought.common }, 'newest'),
  },
  {
    name: 'A page with a text that few polls contain',
    why: 'Looking through 5000 does not find enough, so all polls of the server with the text are found by an index of both, and sorted. The same where a text is common on other servers only.',
    ...page(mine, { text: sought.rare }, 'newest'),
  },
  {
    name: 'How many match',
    why: 'Counted up to 10,001 in the index; beyond that it says “more than 10,000”.',
    indexed: true,
    run: (db) => countPolls(db, mine, {}),
  },
  {
    name: 'How many match a text',
    why: 'The index of server and text finds them all, and reading them stops at 10,001. This is the dearest part of a common text: it takes what finding 10,001 polls takes, and ten thousand polls of which one in ten matches have only a thousand to find.',
    indexed: true,
    run: (db) => countPolls(db, mine, { text: sought.common }),
  },
  {
    name: 'Select all matching: 1000 polls with a text',
    why: 'All that match are found by the index of server and text; they are as many in a small database.',
    indexed: true,
    run: (db) => matchPolls(db, mine, { text: sought.thousand }, 1000),
  },
  {
    name: 'Autocomplete of two words',
    why: 'As a page with a text; every word narrows down what the index gives.',
    indexed: true,
    run: (db) => suggestPolls(db, { scope: mine, limit: size }, `${sought.common} ${sought.elsewhere}`),
  },
  {
    name: 'A text without three letters or digits in a row that no poll of the server contains',
    why: 'The index knows groups of three letters. Two letters, one, or emoji alone are looked for in every poll in scope, unless the list has 26 of them among its next 5000, as with any that is common. It grows with the polls in scope, for the page and once more for the count, and stays right.',
    ...page(mine, { text: sought.noTwoLetters }, 'newest', false),
  },
  {
    name: 'The same for a super admin',
    why: 'The whole table is read.',
    ...page(everyServer, { text: sought.noTwoLetters }, 'newest', false),
  },
];

function page(scope: Scope, filter: PollFilter, order: PollOrder, indexed = true) {
  return { indexed, run: (db: Db) => pollPage(db, scope, filter, { order, from: 'top', size }) };
}

async function behind(
  watched: Db,
  db: Db,
  scope: Scope,
  filter: PollFilter,
  order: PollOrder,
  polls: number,
): Promise<void> {
  const { last } = await pageBehind(db, scope, filter, order, polls);
  await pollPage(watched, scope, filter, { order, from: last === null ? 'top' : { after: last }, size });
}
