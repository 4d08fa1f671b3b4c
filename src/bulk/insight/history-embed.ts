import { type APIEmbed, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { customIds } from '../../base/custom-ids/custom-ids.ts';
import { discordLimits } from '../../base/display/discord-limits.ts';
import { embedColours } from '../../base/display/embed-colours.ts';
import { firstThatFits } from '../../base/display/first-that-fits.ts';
import { counted, plural } from '../../base/display/plural.ts';
import type { MessageBody } from '../../base/message-body.ts';
import { cut, escapeText } from '../../polls/text.ts';
import { isOpen } from '../operation.ts';
import { button } from '../words/button.ts';
import type { Names } from '../words/naming.ts';
import { type HistoryQuery, maxHistoryOffset } from './history-query.ts';
import type { HistoryRow } from './history-store.ts';

/** How many characters of a reason and of a server's name are shown: from plenty to none. */
const sizes = [
  [80, 40],
  [20, 20],
  [0, 0],
] as const;

/** One page of past operations. `names`: null if all of them are of one server; then the server is not named. */
export function renderHistory(
  page: { readonly total: number; readonly operations: readonly HistoryRow[] },
  query: HistoryQuery,
  names: Names | null,
): MessageBody {
  const { total, operations } = page;
  const embed: APIEmbed = {
    title: 'Operations',
    description: list(operations, names) || nothing(page, query),
    color: embedColours.plain,
    footer: { text: footer(page, query) },
  };
  return { embeds: [embed], components: buttons(total, query) };
}

function list(operations: readonly HistoryRow[], names: Names | null): string {
  const lines = (reasonLength: number, serverLength: number) =>
    operations.map((row) => line(row, names, reasonLength, serverLength)).join('\n');
  const longest = discordLimits.embedDescription;
  const texts = sizes.values().map(([reason, server]) => lines(reason, server));
  return cut(firstThatFits(longest, texts), longest);
}

function line(row: HistoryRow, names: Names | null, reasonLength: number, serverLength: number): string {
  const source =
    row.retry_of !== null ? `, retry of #${row.retry_of}` : row.undo_of !== null ? ` of #${row.undo_of}` : '';
  const parts = [
    `**#${row.id}** ${row.kind}${source}`,
    counted(row.total, 'poll'),
    `**${row.state}** (${counts(row)})`,
  ];
  parts.push(`<@${row.admin_id}>`, `<t:${Math.floor((row.confirmed_at?.getTime() ?? 0) / 1000)}:f>`);
  if (names && serverLength > 0) {
    parts.push(escapeText(cut(names.server(row.guild_id) ?? row.guild_id, serverLength)));
  }
  if (row.reason !== null && reasonLength > 0) parts.push(`“${escapeText(cut(row.reason, reasonLength))}”`);
  return parts.join(' · ');
}

function counts({ state, done, failed, skipped, total }: HistoryRow): string {
  const known = [`${done} done`];
  if (failed > 0) known.push(`${failed} failed`);
  if (skipped > 0) known.push(`${skipped} skipped`);
  if (isOpen(state)) known.push(`${total - done - failed - skipped} waiting`);
  return known.join(', ');
}

function nothing({ total }: { total: number }, query: HistoryQuery): string {
  if (total > 0) {
    return `There ${plural(total, 'is', 'are')} ${counted(total, 'such operation')}, fewer than \`offset\` ${query.offset}.`;
  }
  const narrowed = query.type !== null || query.status !== null || query.adminId !== null;
  return narrowed
    ? 'No operation matches. Leave `type`, `status` or `admin` out to see more.'
    : 'No operation has been started yet. Begin with `/bulk close`.';
}

function footer(
  { total, operations }: { total: number; operations: readonly unknown[] },
  query: HistoryQuery,
): string {
  const shown = operations.length === 0 ? '0' : `${query.offset + 1}–${query.offset + operations.length}`;
  const filters = [query.type && `type: ${query.type}`, query.status && `status: ${query.status}`];
  if (query.adminId !== null) filters.push(`admin: ${query.adminId}`);
  return [`${shown} of ${total}, newest first`, ...filters.filter(Boolean)].join(' · ');
}

function buttons(total: number, query: HistoryQuery): MessageBody['components'] {
  const { limit, offset } = query;
  if (total <= limit && offset === 0) return [];
  const back = { ...query, offset: Math.max(0, Math.min(offset - limit, total - 1)) };
  const on = { ...query, offset: Math.min(offset + limit, maxHistoryOffset) };
  return [
    {
      type: ComponentType.ActionRow,
      components: [
        button('◀', customIds.historyBack.encode(back), ButtonStyle.Secondary, offset === 0),
        button('▶', customIds.historyOn.encode(on), ButtonStyle.Secondary, on.offset >= total),
      ],
    },
  ];
}
