import type { APIEmbed } from 'discord-api-types/v10';
import { discordLimits } from '../../base/display/discord-limits.ts';
import { embedColours } from '../../base/display/embed-colours.ts';
import { counted } from '../../base/display/plural.ts';
import type { MessageBody } from '../../base/message-body.ts';
import { wantsPermission } from '../../delivery/refusals.ts';
import { cut, escapeText } from '../../polls/text.ts';
import { operationKind } from '../kinds/operation-kinds.ts';
import { isResult, type OperationRow } from '../operation.ts';
import { operationLimits } from '../operation-limits.ts';
import type { ItemGroup } from '../operation-store.ts';
import { formatSpan } from '../words/format-duration.ts';
import { type Audience, channelName, type Names, nameChannels } from '../words/naming.ts';
import { formatPollNumbers } from '../words/poll-numbers.ts';
import { type Progress, progressOf } from './progress.ts';
import { progressButtons, resultActions } from './progress-buttons.ts';
import type { ProgressRows } from './progress-store.ts';

const shownGroups = 6;
const barCells = 20;

/** The progress message, which becomes the result: one embed and its buttons. */
export function renderProgress(rows: ProgressRows, names: Names, audience: Audience, now: Date): MessageBody {
  const progress = progressOf(rows, now, names.bulkDeletes);
  const lines = isResult(rows.operation.state)
    ? resultLines(rows, progress)
    : runningLines(rows, progress, names, audience);
  const embed: APIEmbed = {
    title: title(rows.operation, progress.total),
    description: cut(
      [...about(rows.operation), '', ...lines, ...groups(rows, names, audience)].join('\n'),
      discordLimits.embedDescription,
    ),
    color: colour(rows.operation),
    fields: [
      { name: 'Done', value: String(rows.done), inline: true },
      { name: 'Failed', value: String(rows.failed), inline: true },
      { name: 'Skipped', value: String(rows.skipped), inline: true },
      { name: 'Waiting', value: String(rows.waiting), inline: true },
    ],
  };
  return { embeds: [embed], components: progressButtons(rows) };
}

/**
 * The result for a direct message. A button there would only answer that the bot works in servers. So the text names
 * the commands that do the same, and where to use them.
 */
export function renderDirectResult(
  rows: ProgressRows,
  names: Names,
  audience: Audience,
  now: Date,
): MessageBody {
  const { embeds } = renderProgress(rows, names, audience, now);
  const { id, guild_id, channel_id } = rows.operation;
  const commands = resultActions(rows).map((action) => `\`/bulk ${action} operation:${id}\``);
  const hint = `In https://discord.com/channels/${guild_id}/${channel_id}: ${commands.join(', ')}.`;
  const room = discordLimits.embedDescription - hint.length - 2;
  const description = (embed: APIEmbed) => `${cut(embed.description ?? '', room)}\n\n${hint}`;
  return { embeds: embeds!.map((embed) => ({ ...embed, description: description(embed) })) };
}

function title(operation: OperationRow, total: number): string {
  const { words } = operationKind(operation.kind);
  const polls = counted(total, 'poll');
  const start = `Operation #${operation.id}`;
  switch (operation.state) {
    case 'queued':
      if (operation.resumed_at !== null) return `${start} · waiting to go on · ${words.present} ${polls}`;
      return `${start} · waiting to ${words.infinitive.toLowerCase()} ${polls}`;
    case 'running':
      return `${start} · ${words.present} ${polls}`;
    case 'paused':
      return `${start} · paused · ${words.present} ${polls}`;
    case 'cancelling':
      return `${start} · cancelling · ${words.present} ${polls}`;
    default:
      return `${start} · ${operation.state}`;
  }
}

function about(operation: OperationRow): string[] {
  const source = operation.retry_of === null ? '' : ` · retry of Operation #${operation.retry_of}`;
  const reason =
    operation.reason === null ? '' : `\nReason: ${escapeText(cut(operation.reason, operationLimits.reason))}`;
  return [`Started by <@${operation.admin_id}>${source}${reason}`];
}

function runningLines(rows: ProgressRows, progress: Progress, names: Names, audience: Audience): string[] {
  const { operation } = rows;
  const lines = [`${bar(progress.share)} ${Math.floor(progress.share * 100)} %`];
  if (operation.state === 'queued' && operation.resumed_at === null) {
    lines.push(`In the queue: place ${rows.place ?? 1}. It starts by itself when a running operation ends.`);
    return lines;
  }
  const halves = bothHalves(rows, progress.total - rows.skipped);
  if (progress.slowest) {
    halves.push(
      `slowest ${channelName(names, audience, progress.slowest.channelId)}, ${formatSpan(progress.slowest.ms)}`,
    );
  }
  lines.push(halves.join(' · '));
  if (rows.current && operation.state === 'running') lines.push(`Now: ${pollText(rows.current, audience)}`);
  const time = [`${formatSpan(progress.elapsedMs)} elapsed`];
  if (progress.rate !== null) time.push(`${progress.rate.toFixed(1)} polls/s`);
  if (operation.state === 'running' && progress.remainingMs !== null) {
    time.push(`about ${formatSpan(progress.remainingMs)} to go`);
  }
  lines.push(time.join(' · '));
  if (operation.state === 'paused')
    lines.push(
      `No message is touched until it is resumed, and others may use its slot; after ${operationLimits.pauseHours} hours it is cancelled.`,
    );
  if (operation.state === 'queued') {
    lines.push(
      `Resumed; it waits for a free slot: place ${rows.place ?? 1}, ahead of what has not started yet. Its time stands still meanwhile.`,
    );
  }
  if (operation.state === 'cancelling') {
    lines.push(
      operationKind(operation.kind).writesFiles
        ? 'A file in flight is still sent; nothing else is.'
        : 'Messages in flight finish; the other polls go back to what they were.',
    );
  }
  return lines;
}

/** How far the changes are, and how far the messages. A failed poll may well be changed. */
function bothHalves({ operation, committed, done }: ProgressRows, total: number): string[] {
  const { words, writesFiles } = operationKind(operation.kind);
  if (writesFiles) return [`${words.past} ${done} of ${total}`];
  return [`${words.past} ${committed} of ${total}`, `messages ${done} of ${total}`];
}

function resultLines(rows: ProgressRows, progress: Progress): string[] {
  const { operation } = rows;
  const lines = [[...bothHalves(rows, progress.total), `in ${formatSpan(progress.elapsedMs)}`].join(' · ')];
  if (progress.successRate !== null) lines.push(`Success rate: ${percent(progress.successRate)}`);
  if (operation.cancelled_by) lines.push(`Cancelled by <@${operation.cancelled_by}>`);
  if (operation.failure) lines.push(escapeText(cut(operation.failure, 300)));
  if (rows.remarks > 0) lines.push(`${rows.remarks} with a remark: see \`Report\`.`);
  if (rows.failed > 0) {
    lines.push(
      rows.retriedBy === null
        ? cure(rows)
        : `The failed polls were taken up by Operation #${rows.retriedBy}.`,
    );
  }
  return lines;
}

/** What to do about the failures. */
function cure({ operation, failures }: ProgressRows): string {
  if (operationKind(operation.kind).writesFiles)
    return '`Retry failed` writes the missing file and sends it to whoever presses it.';
  if (!failures.some(({ code }) => code !== null && wantsPermission(code)))
    return 'What is committed of the failed polls stays; `Retry failed` brings their messages up to date once the cause is mended.';
  return 'What is committed of the failed polls stays. Give the bot the permissions that are named below (*View Channel* if it has no access), then press `Retry failed`.';
}

function groups(rows: ProgressRows, names: Names, audience: Audience): string[] {
  return [
    ...list('Files', rows.files, names, audience),
    ...list('Failed', rows.failures, names, audience),
    ...list('Skipped', rows.skips, names, audience),
    ...list(leftOutHeading(rows), rows.leftOut, names, audience),
  ];
}

function leftOutHeading({ leftOut }: ProgressRows): string {
  const count = leftOut.reduce((sum, group) => sum + group.count, 0);
  return `Left out at the preview: ${counted(count, 'poll')}`;
}

function list(heading: string, all: readonly ItemGroup[], names: Names, audience: Audience): string[] {
  if (all.length === 0) return [];
  const lines = all.slice(0, shownGroups).map((group) => {
    const code = group.code === null ? '' : ` (${group.code})`;
    return `• ${group.count} × ${nameChannels(names, audience, group.message, group.serverIds)}${code}: ${formatPollNumbers(group.ids, 8)}`;
  });
  const rest = all.slice(shownGroups).reduce((sum, group) => sum + group.count, 0);
  if (rest > 0) lines.push(`• ${rest} more for other reasons: see \`Report\``);
  return ['', `**${heading}**`, ...lines];
}

function pollText(poll: NonNullable<ProgressRows['current']>, audience: Audience): string {
  const foreign = audience.serverId !== null && poll.serverId !== audience.serverId;
  return foreign ? `#${poll.pollId}` : `#${poll.pollId} ${escapeText(cut(poll.question, 80))}`;
}

function bar(share: number): string {
  const full = Math.floor(share * barCells);
  return '█'.repeat(full) + '░'.repeat(barCells - full);
}

function percent(share: number): string {
  return share === 1 ? '100 %' : `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}

function colour(operation: OperationRow): number {
  switch (operation.state) {
    case 'completed':
      return embedColours.good;
    case 'completed with failures':
    case 'timed out':
      return embedColours.warning;
    case 'failed':
      return embedColours.bad;
    case 'cancelled':
    case 'cancelling':
      return embedColours.cancelled;
    case 'paused':
      return embedColours.paused;
    default:
      return embedColours.plain;
  }
}
