import { styleText } from 'node:util';
import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import type { Component } from '../../world/component.ts';
import type { SandboxMessage } from '../../world/message.ts';
import type { MentionNames } from '../stage/stage.ts';
import { plainText, styledLine } from './markdown.ts';
import { cutToWidth, padToWidth, wrapToWidth } from './width.ts';

/** A Discord message as lines of at most `width` columns: content, embeds behind a coloured bar, buttons. */
export function drawMessage(message: SandboxMessage, names: MentionNames, width: number): string[] {
  const lines = message.content === '' ? [] : text(message.content, names, width);
  for (const embed of message.embeds) lines.push(...drawEmbed(embed, names, width));
  if (message.buttons.length > 0) lines.push('', message.buttons.map(drawButton).join('  '));
  return lines;
}

function drawEmbed(embed: APIEmbed, names: MentionNames, width: number): string[] {
  const inner = width - 2;
  const lines: string[] = [];
  if (embed.title) lines.push(styleText('bold', cutToWidth(embed.title, inner)));
  if (embed.description) lines.push(...text(embed.description, names, inner));
  for (const group of rows(embed.fields ?? [])) lines.push('', ...drawFields(group, names, inner));
  if (embed.footer) lines.push('', styleText('dim', cutToWidth(embed.footer.text, inner)));
  const bar = styleText(barColour(embed.color ?? 0), '▌');
  return lines.map((line) => `${bar} ${line}`);
}

/** Inline fields stand side by side while there is room. Each other field has a row to itself. */
function rows(fields: readonly APIEmbedField[]): APIEmbedField[][] {
  const groups: APIEmbedField[][] = [];
  for (const field of fields) {
    const last = groups.at(-1);
    if (last && field.inline && last[0]!.inline && last.length < 4) last.push(field);
    else groups.push([field]);
  }
  return groups;
}

function drawFields(fields: readonly APIEmbedField[], names: MentionNames, width: number): string[] {
  const column = Math.floor(width / fields.length);
  const cells = fields.map(({ name, value }) => ({
    name: cutToWidth(name, column - 2),
    lines: wrapped(value, names, column - 2),
  }));
  const header = cells.map(({ name }) => styleText('dim', padToWidth(name, column))).join('');
  const height = Math.max(...cells.map(({ lines }) => lines.length));
  const values = Array.from({ length: height }, (_, i) =>
    cells.map(({ lines }) => styledLine(padToWidth(lines[i] ?? '', column))).join(''),
  );
  return [header, ...values].map((line) => line.trimEnd());
}

function text(source: string, names: MentionNames, width: number): string[] {
  return wrapped(source, names, width).map(styledLine);
}

function wrapped(source: string, names: MentionNames, width: number): string[] {
  return plainText(source, names, Date.now())
    .split('\n')
    .flatMap((line) => wrapToWidth(line, width));
}

/** In the order of Discord's button styles: primary, secondary, success, danger, link. */
const buttonColours = ['blue', 'white', 'green', 'red', 'white'] as const;

function drawButton({ label, emoji, style, disabled }: Component): string {
  const face = `[ ${label ?? emoji?.name ?? ''} ]`;
  if (disabled) return styleText('dim', face);
  return styleText(['bold', buttonColours[(style ?? 2) - 1] ?? 'white'], face);
}

/** The nearest of the terminal's colours. */
function barColour(colour: number): 'red' | 'yellow' | 'green' | 'blue' | 'gray' {
  const [red, green, blue] = [colour >> 16, (colour >> 8) & 255, colour & 255] as const;
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 40) return 'gray';
  if (blue >= red && blue >= green) return 'blue';
  if (red > 200 && green > 140) return 'yellow';
  return red > green ? 'red' : 'green';
}
