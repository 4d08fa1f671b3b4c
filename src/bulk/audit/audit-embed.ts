import type { APIEmbed } from 'discord-api-types/v10';
import { embedColours } from '../../base/display/embed-colours.ts';
import { counted, plural } from '../../base/display/plural.ts';
import type { MessageBody, MessageFile } from '../../base/message-body.ts';
import { cut, escapeText } from '../../polls/text.ts';
import { type Audience, channelName, type Names } from '../words/naming.ts';
import { formatPollNumbers } from '../words/poll-numbers.ts';
import type { ChainVerdict } from './audit-chain.ts';
import { withoutForeign } from './audit-file.ts';
import type { AuditRecord, AuditRow, RequestFacts } from './audit-record.ts';

/** How many entries are shown at the beginning and at the end. The file has all of them. */
const shownFirst = 8;
const shownLast = 8;

/**
 * Who did what, when and from where, on which polls, with which parameters and result, and what happened on the way.
 */
export function renderAudit(
  {
    record,
    chain,
    file,
  }: { readonly record: AuditRecord; readonly chain: ChainVerdict; readonly file: MessageFile },
  names: Names,
  audience: Audience,
): MessageBody {
  const { facts, confirmation } = record;
  const embed: APIEmbed = {
    title: `Operation #${record.operationId} · audit`,
    description: cut(timeline(record, audience), 2200),
    color: chain.broken ? embedColours.bad : embedColours.plain,
    fields: [
      { name: 'Who', value: person(confirmation.actor_id), inline: true },
      { name: 'When', value: `<t:${seconds(confirmation.at)}:F>`, inline: true },
      { name: 'Where', value: cut(where(facts, names, audience), 400) },
      { name: 'What', value: cut(what(facts), 500) },
      { name: 'Parameters', value: cut(parameters(facts), 700) },
      { name: 'Polls', value: cut(formatPollNumbers(facts.polls ?? [], 30) || '–', 500) },
      { name: 'Result', value: cut(result(record), 400) },
      { name: 'Audit chain', value: cut(chainText(chain), 400) },
    ],
    footer: { text: `Everything is in ${file.name}.` },
  };
  return { embeds: [embed], files: [file] };
}

function where(facts: RequestFacts, names: Names, audience: Audience): string {
  const { server, channel } = withoutForeign({ server: facts.server, channel: facts.channel }, audience);
  const own = server === facts.server;
  const place = own
    ? `${escapeText(names.server(String(server)) ?? 'a server')} (\`${server}\`), ${channelName(names, audience, String(channel), [String(server)])} (\`${channel}\`)`
    : 'another server';
  const interactions = [facts.command, facts.interaction].filter(
    (id, index, all) => id && all.indexOf(id) === index,
  );
  return [
    place,
    `Interactions: ${interactions.map((id) => `\`${id}\``).join(', ')}`,
    `Locale: ${facts.locale ?? '–'} · scope: ${facts.scope === null ? 'every server' : 'this server'}`,
  ].join('\n');
}

function what(facts: RequestFacts): string {
  const count = facts.polls?.length ?? 0;
  const source =
    facts.retryOf !== undefined
      ? `, retry of Operation #${facts.retryOf}`
      : facts.undoOf !== undefined
        ? ` of Operation #${facts.undoOf}`
        : '';
  const reason = facts.reason ? `\nReason: ${escapeText(cut(facts.reason, 200))}` : '';
  return `**${facts.kind ?? '?'}**${source} · ${counted(count, 'poll')}${reason}`;
}

function parameters(facts: RequestFacts): string {
  const written = (values: Record<string, unknown> | undefined) =>
    Object.entries(values ?? {}).map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `${escapeText(name)}: ${escapeText(cut(text ?? '', 100))}`;
    });
  const own = written(facts.params);
  const targets = written(facts.targets);
  return [own.length > 0 ? own.join(', ') : 'none', `Targets: ${targets.join(', ') || 'none'}`].join('\n');
}

function result({ entries }: AuditRecord): string {
  const finished = entries.findLast((entry) => entry.event === 'finished');
  if (!finished) return 'It has not ended yet.';
  const { result: word, done, failed, skipped, failure } = finished.details as Record<string, unknown>;
  const why = failure ? `\n${escapeText(cut(String(failure), 200))}` : '';
  return `**${word}** <t:${seconds(finished.at)}:F> · ${done} done, ${failed} failed, ${skipped} skipped${why}`;
}

function chainText({ rows, broken }: ChainVerdict): string {
  if (broken) return `⚠️ Broken at row ${broken.id}: ${broken.why}. Rows in all: ${rows}.`;
  return `Verified: ${plural(rows, 'the only row', `all ${rows} rows`)} of the trail ${plural(rows, 'is', 'are')} as written.`;
}

function timeline({ entries }: AuditRecord, audience: Audience): string {
  const lines = entries.map((entry) => entryLine(entry, audience));
  const hidden = lines.length - shownFirst - shownLast;
  if (hidden <= 1) return lines.join('\n');
  return [
    ...lines.slice(0, shownFirst),
    `… ${hidden} more entries in the file …`,
    ...lines.slice(-shownLast),
  ].join('\n');
}

function entryLine(entry: AuditRow, audience: Audience): string {
  const by = entry.actor_id === null ? '' : ` by ${person(entry.actor_id)}`;
  const note = noteOf(entry, withoutForeign(entry.details, audience));
  return `<t:${seconds(entry.at)}:T> **${entry.event}**${by} · \`${plain(entry.process)}\`${note === '' ? '' : ` · ${note}`}`;
}

function noteOf({ event }: AuditRow, details: Record<string, unknown>): string {
  switch (event) {
    case 'applied':
      return `${details.changed} changed, ${details.skipped} skipped`;
    case 'taken over':
      return details.previousOwner ? `from \`${plain(String(details.previousOwner))}\`` : '';
    case 'cancel requested':
      return details.why ? escapeText(cut(String(details.why), 80)) : '';
    case 'finished':
      return String(details.result ?? '');
    default:
      return '';
  }
}

function plain(processId: string): string {
  return cut(processId.replaceAll('`', "'"), 60);
}

function person(id: string | null): string {
  return id === null ? 'Gavel itself' : `<@${id}> (\`${id}\`)`;
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
