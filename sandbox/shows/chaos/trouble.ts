import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseProxy } from '../../machine/database-faults/database-proxy.ts';
import type { RequestRecord } from '../../wire/request-record.ts';
import { permission } from '../../world/permissions.ts';
import type { Stand } from './stand.ts';

/** What a database server can suffer while bots use it. */
export interface DatabaseTrouble {
  /** The network by which the bots reach it. */
  readonly proxy: DatabaseProxy;
  /** The server ends every connection of the bots. */
  terminate(): Promise<void>;
}

/** One thing that goes wrong. It resolves when it is over, though its effects may last. */
type Trouble = (stand: Stand, database: DatabaseTrouble | null) => Promise<void>;

/** Channels that refuse the bot until `forgive`. */
export type Refusing = Set<string>;

const someProcess = ({ random, processes }: Stand) => random.whole(0, processes - 1);

/** Most kills come soon: what is confirmed is over in a second or two. */
const anyBoundary = ({ random }: Stand) => random.whole(1, random.pick([30, 150, 600]));

const doomed: Trouble = async (stand) => {
  const then = Array.from({ length: stand.random.whole(0, 8) }, () => anyBoundary(stand));
  stand.keeper.doom(someProcess(stand), anyBoundary(stand), then);
};

const killed: Trouble = async (stand) => {
  await sleep(stand.random.whole(0, 1500));
  stand.keeper.kill(someProcess(stand));
};

const suspended: Trouble = async (stand) => {
  const index = someProcess(stand);
  stand.keeper.signal(index, 'SIGSTOP');
  await sleep(stand.random.whole(200, 4000));
  stand.keeper.signal(index, 'SIGCONT');
};

const lostReplies: Trouble = async ({ sandbox, random }) => {
  const match = ({ path }: RequestRecord) => path.startsWith('/channels/') || path.startsWith('/webhooks/');
  const how = random.pick([
    { loseReply: true },
    { loseRequest: true },
    { status: 500 },
    { delayReplyMs: 1500 },
  ]);
  sandbox.faults.add({ match, skip: random.whole(0, 20), times: random.whole(1, 4), ...how });
};

const outage: Trouble = async ({ sandbox, random }) => {
  sandbox.outage(random.pick(['503', 'refuse'] as const));
  await sleep(random.whole(300, 3000));
  sandbox.outage(false);
};

const dropped: Trouble = async ({ sandbox }) => sandbox.gateway.drop();

/** Only if there is a database server. */
const databaseTroubles: readonly ((stand: Stand, database: DatabaseTrouble) => Promise<void>)[] = [
  async (_stand, database) => await database.terminate(),
  async (_stand, { proxy }) => proxy.reset(),
  // The connections are half-open from here on, as after a failover that sent no FIN.
  async (_stand, { proxy }) => proxy.freeze(),
  async ({ random }, { proxy }) => {
    proxy.refuse();
    proxy.cut();
    await sleep(random.whole(200, 3000));
    proxy.accept();
  },
  async ({ random }, { proxy }) => {
    const fault = random.pick(['40P01', '57014', '57P01', '53300', 'cut before', 'cut after'] as const);
    proxy.onStatement = () => (random.chance(0.05) ? fault : null);
    await sleep(random.whole(200, 2000));
    proxy.onStatement = () => null;
  },
];

const databaseTrouble: Trouble = async (stand, database) => {
  if (database) await stand.random.pick(databaseTroubles)(stand, database);
};

/** So many things go wrong, one after the other, until `over` aborts. */
export async function trouble(
  stand: Stand,
  database: DatabaseTrouble | null,
  refusing: Refusing,
  over: AbortSignal,
): Promise<void> {
  const { random } = stand;
  const kinds: Trouble[] = [
    doomed,
    doomed,
    doomed,
    doomed,
    killed,
    killed,
    lostReplies,
    outage,
    dropped,
    suspended,
  ];
  if (database) kinds.push(databaseTrouble, databaseTrouble);
  if (random.chance(0.2)) refuse(stand, refusing);
  const many = random.whole(2, 6);
  for (let happened = 0; happened < many && !over.aborted; happened += 1) {
    await random.pick(kinds)(stand, database);
    await sleep(random.whole(50, 1200));
  }
}

function refuse({ sandbox, random, channels }: Stand, refusing: Refusing): void {
  const { id } = random.pick(channels);
  refusing.add(id);
  sandbox.deny(id, permission.viewChannel);
}

/** Ends all refusals, and cancels all trouble that was still to come. */
export function forgive({ sandbox, keeper }: Stand, refusing: Refusing): void {
  for (const id of refusing) sandbox.allow(id, permission.viewChannel);
  sandbox.faults.clear();
  keeper.pardon();
}
