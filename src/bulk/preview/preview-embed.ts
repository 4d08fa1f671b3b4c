import { type APIEmbed, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { customIds } from '../../base/custom-ids/custom-ids.ts';
import { discordLimits } from '../../base/display/discord-limits.ts';
import { embedColours } from '../../base/display/embed-colours.ts';
import { firstThatFits } from '../../base/display/first-that-fits.ts';
import { counted } from '../../base/display/plural.ts';
import type { MessageBody } from '../../base/message-body.ts';
import { type Estimate, estimate } from '../../delivery/pace/estimate.ts';
import { cut, escapeText } from '../../polls/text.ts';
import { boundKind, operationKind } from '../kinds/operation-kinds.ts';
import { operationLimits } from '../operation-limits.ts';
import { isPrivatePossible } from '../plan/plan.ts';
import { button } from '../words/button.ts';
import { formatSpan } from '../words/format-duration.ts';
import { type AccessCheck, channelName, type Names, nameChannels } from '../words/naming.ts';
import { formatPollNumbers } from '../words/poll-numbers.ts';
import { accessWarnings } from './access-warnings.ts';
import type { PreviewRows } from './preview-store.ts';

export interface PreviewDeps {
  readonly names: Names;
  readonly access: AccessCheck;
  readonly timeoutMs: number;
  /** How long deleted polls are kept. */
  readonly deletedRetentionDays: number;
}

const everything = { serverId: null };

/** The preview: what will be changed, what not and why, how long it takes, and what stands in the way. */
export function renderPreview(rows: PreviewRows, deps: PreviewDeps, now: Date): MessageBody {
  const { operation } = rows;
  const { words, writesFiles, delivery } = operationKind(operation.kind);
  const time = estimate(rows.jobs, now, {
    kind: delivery,
    bulkDeletes: deps.names.bulkDeletes,
    ahead: rows.ahead,
  });
  // A file needs no access to any poll's message.
  const warnings = writesFiles ? [] : warningLines(rows, time, deps);
  const skipped = rows.excluded.reduce((sum, group) => sum + group.count, 0);
  const embed: APIEmbed = {
    title: `Preview · ${words.infinitive} ${counted(operation.total, 'poll')}`,
    description: cut([...intro(rows, deps), ...warnings].join('\n'), 2000),
    color: warnings.length > 0 || operation.total === 0 ? embedColours.warning : embedColours.plain,
    fields: [
      { name: writesFiles ? 'To export' : 'To change', value: String(operation.total), inline: true },
      { name: 'To skip', value: String(skipped), inline: true },
    ],
    footer: { text: footer(rows) },
  };
  if (operation.total > 0) {
    embed.fields!.push({
      name: 'Estimated time',
      value: writesFiles
        ? `about ${formatSpan(operation.estimate_ms)}`
        : cut(timeText(rows, time, deps.names), discordLimits.embedFieldValue),
      inline: true,
    });
    embed.fields!.push({ name: pageTitle(rows), value: pollList(rows, deps.names) });
  }
  if (rows.excluded.length > 0) embed.fields!.push({ name: 'Skipped', value: skips(rows, deps.names) });
  return { embeds: [embed], components: buttons(rows, now) };
}

/** What a preview becomes when it cannot be pressed any more. */
export function renderClosedPreview(text: string): MessageBody {
  return { content: text, embeds: [], components: [] };
}

function intro({ operation }: PreviewRows, deps: PreviewDeps): string[] {
  if (operation.total === 0)
    return ['Nothing would change, so there is nothing to confirm. The reasons are below.'];
  const kind = boundKind(operation);
  const phrase = kind.phrase(operation.total);
  const lines = [
    operation.undo_of === null
      ? 'Exactly these polls, as they match now; nothing else slips in later.'
      : `Exactly these polls become what they were before Operation #${operation.undo_of}.`,
  ];
  for (const detail of kind.details(deps)) lines.push(`• ${detail}`);
  if (operation.reason !== null)
    lines.push(`Reason: ${escapeText(cut(operation.reason, operationLimits.reason))}`);
  if (operation.private && !isPrivatePossible(operation.estimate_ms)) {
    lines.push(
      `Discord closes private messages after ${discordLimits.tokenMinutes} minutes: the result then comes by direct message, and \`/bulk progress\` says where it stands.`,
    );
  }
  if (phrase !== null) lines.push(`\`Confirm\` asks you to type \`${phrase}\`.`);
  return lines;
}

function warningLines(rows: PreviewRows, time: Estimate, deps: PreviewDeps): string[] {
  const lines: string[] = [];
  if (time.expectedMs > deps.timeoutMs) {
    lines.push(
      `⚠️ The estimate exceeds the time limit of ${formatSpan(deps.timeoutMs)}: what is not reached by then is reported as failed and can be retried.`,
    );
  }
  lines.push(...accessWarnings(rows, deps));
  return lines.length === 0 ? [] : ['', ...lines];
}

function timeText(rows: PreviewRows, time: Estimate, names: Names): string {
  const channels = new Set(rows.jobs.map((job) => job.channelId)).size;
  const size = `${counted(rows.jobs.length, 'message')} in ${counted(channels, 'channel')}`;
  const slowest =
    time.slowestChannelId === null || channels === 1
      ? ''
      : `; slowest: ${channelName(names, everything, time.slowestChannelId)}`;
  return `about ${formatSpan(time.expectedMs)} (${size}${slowest})`;
}

function pageTitle({ page, pages }: PreviewRows): string {
  return pages === 1 ? 'Polls' : `Polls, page ${page + 1} of ${pages}`;
}

function pollList(rows: PreviewRows, names: Names): string {
  const lines = rows.polls.map(
    (poll) =>
      `#${poll.id} ${escapeText(cut(poll.question, 36))} · ${poll.status} · ${channelName(names, everything, poll.channelId)}`,
  );
  return firstThatFits(discordLimits.embedFieldValue, shorterAndShorter(lines)) || '–';
}

/** The lines as a text, then again and again with four characters less of each. */
function* shorterAndShorter(lines: readonly string[]): Generator<string> {
  for (let shown = lines; ; shown = shown.map((line) => cut(line, line.length - 4))) yield shown.join('\n');
}

function skips(rows: PreviewRows, names: Names): string {
  const lines = rows.excluded
    .slice(0, 8)
    .map(
      (group) =>
        `• ${group.count} × ${nameChannels(names, everything, group.message)}: ${formatPollNumbers(group.ids, 8)}`,
    );
  return cut(lines.join('\n'), discordLimits.embedFieldValue);
}

function footer({ operation }: PreviewRows): string {
  if (operation.total === 0 && operation.undo_of !== null) return 'Nothing of it can be undone.';
  return operation.total === 0
    ? 'Run the command again with other targets.'
    : `Works for ${operationLimits.previewMinutes} minutes, for you alone.`;
}

function buttons({ operation, page, pages }: PreviewRows, now: Date): MessageBody['components'] {
  if (operation.total === 0) return [];
  const of = { operation: operation.id };
  const early = operation.confirmable_at !== null && operation.confirmable_at > now;
  const row = [
    button('Confirm', customIds.confirm.encode(of), ButtonStyle.Danger, early),
    button('Cancel', customIds.discard.encode(of), ButtonStyle.Secondary),
  ];
  if (pages > 1) {
    row.push(
      button('◀', customIds.preview.encode({ ...of, page: page - 1 }), ButtonStyle.Secondary, page === 0),
      button(
        '▶',
        customIds.preview.encode({ ...of, page: page + 1 }),
        ButtonStyle.Secondary,
        page === pages - 1,
      ),
    );
  }
  return [{ type: ComponentType.ActionRow, components: row }];
}
