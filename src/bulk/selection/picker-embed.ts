import { discordLimits } from '../../base/display/discord-limits.ts';
import { embedColours } from '../../base/display/embed-colours.ts';
import { plural } from '../../base/display/plural.ts';
import type { MessageBody } from '../../base/message-body.ts';
import { formatCount } from '../../polls/lists/match-polls.ts';
import { cut, escapeText } from '../../polls/text.ts';
import type { Names } from '../words/naming.ts';
import { shortenToFit } from '../words/shorten-to-fit.ts';
import { orders, pickerComponents, votesText } from './picker-components.ts';
import { type PickerRow, type PickerView, pickerPageSize } from './picker-view.ts';
import { goneText, selectedText } from './selection-text.ts';

/** The picker: a page of polls, which of them are selected, what the last press did, and everything to press. */
export function renderPicker(view: PickerView, names: Names): MessageBody {
  const { selection, frame } = view;
  return {
    content: [`**${selectedText(selection)}**${unlistedText(view)}`, frame.notice, goneText(selection)]
      .filter((line) => line !== null)
      .join('\n'),
    embeds: [
      {
        title: 'Select polls',
        color: embedColours.plain,
        description: description(view, names),
        footer: { text: footer(view) },
      },
    ],
    components: pickerComponents(view, names),
  };
}

/** Operations act on everything that is selected, even on what a filter hides. This is said beside the number. */
function unlistedText({ selection, unlisted }: PickerView): string {
  if (unlisted === 0) return '';
  const which = unlisted === selection.ids.length ? 'none of them' : `${unlisted} of them not`;
  return ` · ${which} in this list`;
}

function description(view: PickerView, names: Names): string {
  const above = filters(view, names);
  return above === ''
    ? table(view, names, discordLimits.embedDescription)
    : `${above}\n\n${table(view, names, discordLimits.embedDescription - above.length - 2)}`;
}

/** The filters as they were written, and the status as the menu has it now. */
function filters({ picker }: PickerView, names: Names): string {
  const { status } = picker.filter;
  const written = Object.entries({ ...picker.targets, ...(status && { status }) }).map(
    ([name, value]) => `${name}: ${shown(name, value, names)}`,
  );
  return written.length === 0 ? '' : `Filters: ${written.join(' · ')}`;
}

function shown(name: string, value: string, names: Names): string {
  if (name === 'channel') return `<#${value}>`;
  if (name === 'creator') return `<@${value}>`;
  if (name === 'server') return escapeText(cut(names.server(value.trim()) ?? value, 50));
  return escapeText(cut(value, 60));
}

function table({ rows }: PickerView, names: Names, longest: number): string {
  if (rows.length === 0) return 'No poll matches.';
  return shortenToFit(longest, (question, server) =>
    rows.map((row) => line(row, names, question, server)).join('\n'),
  );
}

function line(
  { id, selected, poll, votes }: PickerRow,
  names: Names,
  question: number,
  server: number,
): string {
  const box = selected ? '☑' : '☐';
  if (poll === null) return `${box} **#${id}** · deleted since`;
  const place = escapeText(cut(names.server(poll.serverId) ?? poll.serverId, server));
  return `${box} **#${id}** · ${poll.status} · ${escapeText(cut(poll.question, question))} · ${place} · ${votesText(votes)}`;
}

function footer({ picker, frame, matching }: PickerView): string {
  const pages = matching.more ? 'many' : Math.max(1, Math.ceil(matching.count / pickerPageSize), frame.page);
  const match = `${formatCount(matching)} ${plural(matching.count, 'poll matches', 'polls match')}`;
  return `Page ${frame.page} of ${pages} · ${match} · ${orders[picker.order].toLowerCase()}`;
}
