import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runOperation } from './bulk.ts';
import { check, unfinished } from './check.ts';
import type { KnownPoll } from './model.ts';
import { createPoll, vote } from './people.ts';
import { type Rows, readRows } from './rows.ts';
import type { Stand } from './stand.ts';
import { type DatabaseTrouble, forgive, trouble } from './trouble.ts';

/** How many polls that are not deleted a round begins with, at least. */
const fewestPolls = 24;
/** How long what is left may take, in ms, once nothing goes wrong any more. */
const longestMs = 90_000;

/**
 * One round: operations over disjoint groups of polls, people who vote, and things that go wrong. When all of it is
 * over, everything is compared. Returns the findings. `done` remembers the operations that were looked at.
 */
export async function playRound(
  stand: Stand,
  database: DatabaseTrouble | null,
  done: Set<number>,
): Promise<string[]> {
  const { polls, keeper } = stand;
  const living = () => [...polls.values()].filter(({ state }) => !state.deleted);
  while (living().length < fewestPolls) await createPoll(stand);
  const groups = groupsOf(stand, living());
  const refusing = new Set<string>();
  const over = new AbortController();
  const work = Promise.allSettled(groups.map((group) => runOperation(stand, group)));
  const crowd = voteUntil(stand, living(), over.signal);
  const troubles = trouble(stand, database, refusing, over.signal);
  await Promise.race([work, sleep(20_000)]);
  // From now on all is well, and what was begun must end.
  await troubles;
  forgive(stand, refusing);
  const ended = await work;
  over.abort();
  await crowd;
  const failures = ended.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  const findings = failures.map(({ reason }) => `an operation was never carried out: ${reason}`);
  const rows = await settledRows(stand, findings);
  const { findings: found, states } = check({ sandbox: stand.sandbox, polls, rows, done, refusing });
  for (const { id } of rows.operations) done.add(id);
  remember(stand, rows, states);
  stand.sandbox.clearLog();
  findings.push(...found, ...keeper.findings.splice(0));
  const logs = keeper.takeLogs();
  if (findings.length > 0) findings.push(`more in ${await keep(stand, logs, rows)}`);
  await keeper.start(stand.processes);
  return findings;
}

/** The file with what the processes logged, and the rows of operations that are not over. */
async function keep({ random }: Stand, logs: string, rows: Rows): Promise<string> {
  const file = join(tmpdir(), `gavel-chaos-${random.seed}-${Date.now()}.log`);
  const { operations, items } = rows;
  await writeFile(file, `${logs}\n${JSON.stringify({ operations, items }, null, 1)}\n`);
  return file;
}

function groupsOf({ random }: Stand, living: readonly KnownPoll[]): KnownPoll[][] {
  const chosen = random.some(living, random.whole(10, fewestPolls));
  const groups: KnownPoll[][] = Array.from({ length: random.whole(1, 3) }, () => []);
  for (const poll of chosen) random.pick(groups).push(poll);
  return groups.filter((group) => group.length > 0);
}

async function voteUntil(stand: Stand, polls: readonly KnownPoll[], over: AbortSignal): Promise<void> {
  const presses: Promise<void>[] = [];
  while (!over.aborted) {
    presses.push(vote(stand, polls));
    await sleep(stand.random.whole(20, 150));
  }
  await Promise.all(presses);
}

/** The rows when nothing is unfinished any more. An embedded database is looked at between two processes. */
async function settledRows(stand: Stand, findings: string[]): Promise<Rows> {
  const until = Date.now() + longestMs;
  for (;;) {
    await untilCalm(stand);
    if (stand.env.DATABASE_URL === undefined) await stand.keeper.end();
    const rows = await readRows(stand.env);
    const left = unfinished(rows);
    if (left.length === 0) return rows;
    if (Date.now() > until) {
      findings.push(...left.map((one) => `never finished: ${one}`));
      return rows;
    }
    await stand.keeper.start(stand.processes);
  }
}

/** No request of the bots for a while. */
async function untilCalm({ sandbox, keeper }: Stand): Promise<void> {
  await keeper.ready();
  const calmMs = 700;
  const until = Date.now() + 20_000;
  while (Date.now() < until) {
    const last = sandbox.requests.at(-1)?.at ?? 0;
    const quietFor = Date.now() - last;
    if (quietFor >= calmMs) return;
    await sleep(calmMs - quietFor);
  }
}

/** From now on people know of the polls what is true. */
function remember({ polls }: Stand, rows: Rows, states: ReturnType<typeof check>['states']): void {
  const votes = Map.groupBy(rows.votes, ({ poll_id }) => poll_id);
  for (const poll of polls.values()) {
    poll.state = states.get(poll.id) ?? poll.state;
    poll.voted.clear();
    poll.unsure.clear();
    for (const { user_id, position } of votes.get(poll.id) ?? []) poll.voted.set(user_id, position);
  }
}
