import { counted } from '../../base/display/plural.ts';
import { listed } from '../../delivery/refusals.ts';
import type { Deed, Obstacle } from '../../delivery/rights.ts';
import { discordTime } from '../../polls/time.ts';
import { operationKind } from '../kinds/operation-kinds.ts';
import type { OperationRow } from '../operation.ts';
import { type AccessCheck, channelName, type Names } from '../words/naming.ts';
import { formatPollNumbers } from '../words/poll-numbers.ts';
import type { PreviewJob, PreviewRows } from './preview-store.ts';

type Blocked = Exclude<ReturnType<AccessCheck>, 'ok' | 'unknown'>;

interface BlockedChannel {
  readonly channelId: string;
  readonly access: Blocked;
  readonly polls: number[];
}

const channelsShown = 8;

/**
 * Warns of channels in which polls of the plan would fail because the bot lacks a right, and says what to do. It
 * knows what the gateway told.
 */
export function accessWarnings(
  rows: PreviewRows,
  { access, names }: { readonly access: AccessCheck; readonly names: Names },
): string[] {
  const places = [...blockedPlaces(rows, access)];
  const closed = places.filter((place) => typeof place.access === 'string');
  const lacking = places.filter((place) => typeof place.access !== 'string');
  return [...closedLines(closed, names), ...lackingLines(lacking, names)];
}

function blockedPlaces(rows: PreviewRows, access: AccessCheck): Iterable<BlockedChannel> {
  const places = new Map<string, BlockedChannel>();
  for (const job of rows.jobs) {
    const deed = deedFor(rows.operation, job);
    const found = deed === null ? 'ok' : access(job.channelId, job.serverId, deed);
    if (found === 'ok' || found === 'unknown') continue;
    const key = `${job.channelId} ${typeof found === 'string' ? found : found.permissions.join()}`;
    const place = places.get(key) ?? { channelId: job.channelId, access: found, polls: [] };
    place.polls.push(job.pollId);
    places.set(key, place);
  }
  return places.values();
}

/** What is to be done with the poll's message; null if nothing is asked of Discord. */
function deedFor({ kind }: OperationRow, { messageId, messageGone }: PreviewJob): Deed | null {
  const { delivery, repost } = operationKind(kind);
  if (delivery === 'delete') return messageId === null ? null : 'delete';
  if (messageId !== null) return 'edit';
  return messageGone && !repost ? null : 'post';
}

function closedLines(places: readonly BlockedChannel[], names: Names): string[] {
  if (places.length === 0) return [];
  const lines = [`⚠️ No access to ${channels(places)}, ${failing(places)}:`];
  lines.push(
    ...list(places, (place) => {
      const note = place.access === 'gone' ? ' (gone or archived)' : '';
      return `${channelName(names, everything, place.channelId)}${note}`;
    }),
  );
  const gone = places.filter((place) => place.access === 'gone').length;
  if (gone > 0) lines.push('A thread that is archived is opened, if the bot may.');
  if (gone < places.length)
    lines.push('Give the bot *View Channel* there first, or confirm and use `Retry failed` later.');
  return lines;
}

function lackingLines(places: readonly BlockedChannel[], names: Names): string[] {
  if (places.length === 0) return [];
  const obstacles = places.map((place) => place.access as Obstacle);
  const lines = [`⚠️ The bot lacks permissions in ${channels(places)}, ${failing(places)}:`];
  lines.push(
    ...list(places, (place) => {
      const name = channelName(names, everything, place.channelId);
      return `${name} ${lack(place.access as Obstacle)}`;
    }),
  );
  if (obstacles.some((obstacle) => obstacle.timedOutUntil === null))
    lines.push('Give the bot what it lacks there first, or confirm and use `Retry failed` later.');
  if (obstacles.some((obstacle) => obstacle.timedOutUntil !== null))
    lines.push('Lift the time-out first, or confirm: the messages follow when it is over.');
  return lines;
}

function lack({ right, permissions, timedOutUntil }: Obstacle): string {
  if (timedOutUntil !== null)
    return `is in a server where the bot is timed out until ${discordTime(timedOutUntil, 'f')}`;
  const named = listed(permissions.map((name) => `*${name}*`));
  return right === 'open' ? `is archived, and opening it takes ${named}` : `lacks ${named}`;
}

const everything = { serverId: null };

function channels({ length }: readonly BlockedChannel[]): string {
  return counted(length, 'channel');
}

function failing(places: readonly BlockedChannel[]): string {
  return `${places.reduce((sum, place) => sum + place.polls.length, 0)} of these polls would fail there`;
}

function list(places: readonly BlockedChannel[], text: (place: BlockedChannel) => string): string[] {
  const lines = places
    .slice(0, channelsShown)
    .map((place) => `• ${text(place)}: ${formatPollNumbers(place.polls, 6)}`);
  if (places.length > channelsShown) lines.push(`• and ${places.length - channelsShown} more channels`);
  return lines;
}
