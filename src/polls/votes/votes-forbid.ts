import { type Selectable, sql } from 'kysely';
import type { Db, PollTable } from '../../db/schema.ts';
import type { Poll } from '../poll.ts';

/** A poll and what it is to become, as far as its votes matter. */
export interface Becoming {
  readonly poll: Poll;
  readonly becomes: Partial<Pick<Selectable<PollTable>, 'anonymous' | 'max_choices'>>;
  /** Since when its votes are secret, by the database's clock; votes before that may be shown. Null: all are secret. */
  readonly since?: Date | null;
}

interface Demand {
  readonly pollId: number;
  /** Whether votes that were promised to be secret may not be shown. */
  readonly unvoted: boolean;
  /** Votes from then on count as secret; null: all votes. */
  readonly since: Date | null;
  /** How many options one person may have chosen; null: any number. */
  readonly most: number | null;
}

/**
 * Which of these changes the polls' votes forbid, with the reason in words that follow the poll's number. It looks
 * only at votes of polls that would show their votes or allow fewer choices. No other change depends on votes,
 * however many there are.
 */
export async function votesForbid(db: Db, changes: readonly Becoming[]): Promise<Map<number, string>> {
  const demands = changes.map(demandOf).filter((demand) => demand !== null);
  if (demands.length === 0) return new Map();
  const { rows } = await sql<{ id: number; voted: boolean; chosen: number | null }>`
    select demand.id,
      demand.unvoted and exists (select from votes where poll_id = demand.id
        and (demand.since is null or created_at >= demand.since)) as voted,
      (select max(one.chosen)::int from (
        select count(*) as chosen from votes where poll_id = demand.id and demand.most is not null
        group by user_id having count(*) > demand.most
      ) as one) as chosen
    from unnest(${demands.map(({ pollId }) => pollId)}::int[], ${demands.map(({ unvoted }) => unvoted)}::bool[],
      ${demands.map(({ most }) => most)}::int[], ${demands.map(({ since }) => since)}::timestamptz[])
      as demand (id, unvoted, most, since)`.execute(db);
  return new Map(
    rows.flatMap(({ id, voted, chosen }): [number, string][] => {
      if (voted) return [[id, 'it has votes that were promised to be anonymous']];
      return chosen === null ? [] : [[id, `a voter has already chosen ${chosen} options`]];
    }),
  );
}

function demandOf({ poll, becomes, since = null }: Becoming): Demand | null {
  const unvoted = poll.anonymous && becomes.anonymous === false;
  const { max_choices: most = poll.maxChoices } = becomes;
  const fewer = most < poll.maxChoices;
  return unvoted || fewer ? { pollId: poll.id, unvoted, since, most: fewer ? most : null } : null;
}
