import type { Db } from '../../../../src/db/schema.ts';
import type { PollFilter } from '../../../../src/polls/lists/poll-filter.ts';
import { type PollOrder, type PollPage, pollPage } from '../../../../src/polls/lists/poll-page.ts';
import type { Scope } from '../../../../src/polls/scope.ts';

const size = 25;
const atOnce = 5000;

/** A page that ends about so many polls after the beginning of a list, as if the pages before were turned. */
export async function pageBehind(
  db: Db,
  scope: Scope,
  filter: PollFilter,
  order: PollOrder,
  polls: number,
): Promise<PollPage> {
  let page = await pollPage(db, scope, filter, { order, from: 'top', size });
  for (let passed = size; passed < polls && page.last !== null && page.more; passed += atOnce) {
    const step = Math.min(atOnce, polls - passed);
    page = await pollPage(db, scope, filter, { order, from: { after: page.last }, size: step });
  }
  return page;
}
