import { discordLimits } from '../../base/display/discord-limits.ts';
import { embedColours } from '../../base/display/embed-colours.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { Poll } from '../../polls/poll.ts';
import { cut, escapeText } from '../../polls/text.ts';
import type { Names } from '../words/naming.ts';
import { formatPollNumbers } from '../words/poll-numbers.ts';
import { shortenToFit } from '../words/shorten-to-fit.ts';
import type { Selection } from './selection-store.ts';
import { goneText, selectedText } from './selection-text.ts';

const mostByName = 20;

/** The selection: the first polls by name, all of them by number, and what to do with them. */
export function renderSelection(selection: Selection, polls: readonly Poll[], names: Names): MessageBody {
  const content = [`**${selectedText(selection)}**`, goneText(selection), hint(selection)];
  return {
    content: content.filter((text) => text !== null).join('\n'),
    embeds:
      polls.length === 0
        ? []
        : [{ title: 'Your selection', color: embedColours.plain, description: list(polls, names) }],
  };
}

function list(polls: readonly Poll[], names: Names): string {
  const rest = polls.slice(mostByName).map((poll) => poll.id);
  return shortenToFit(discordLimits.embedDescription, (question, server) => {
    const lines = polls.slice(0, mostByName).map((poll) => line(poll, names, question, server));
    if (rest.length > 0) lines.push(`and ${formatPollNumbers(rest, 60)}`);
    return lines.join('\n');
  });
}

function hint({ ids }: Selection): string {
  return ids.length === 0
    ? "Choose polls with `/bulk select`, with *Apps → Select poll* on a poll's message, or with `/bulk selection add`."
    : '`/bulk close` and the other operations act on these polls where no target option is given.';
}

function line(poll: Poll, names: Names, question: number, server: number): string {
  const place = escapeText(cut(names.server(poll.serverId) ?? poll.serverId, server));
  return `**#${poll.id}** · ${poll.status} · ${escapeText(cut(poll.question, question))} · ${place}`;
}
