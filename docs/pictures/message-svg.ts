import {
  type APIButtonComponentWithCustomId,
  type APIEmbed,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import type { MessageBody } from '../../src/base/message-body.ts';
import { type Style, textLine, widthOf } from './text-svg.ts';

const width = 640;
const left = 72;
const embedWidth = 500;
const padding = 16;
const lineHeight = 20;
const fieldsPerRow = 3;
const colours = { page: '#313338', embed: '#2b2d31', name: '#f2f3f5', quiet: '#949ba4', blurple: '#5865f2' };
const buttonColours: Readonly<Partial<Record<ButtonStyle, string>>> = {
  [ButtonStyle.Primary]: colours.blurple,
  [ButtonStyle.Secondary]: '#4e5058',
  [ButtonStyle.Success]: '#248046',
  [ButtonStyle.Danger]: '#da373c',
};

/** A message with one embed as Discord's dark theme draws it on a wide screen. `users`: names of mentioned ids. */
export function messageSvg(body: MessageBody, users: Readonly<Record<string, string>>): string {
  const embed = body.embeds?.[0];
  if (!embed) throw new Error('the message has no embed');
  const drawn = embedSvg(embed, users);
  const buttonsAt = 48 + drawn.height + 8;
  const height = buttonsAt + 32 + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    `  font-family="'gg sans', 'Noto Sans', 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${colours.page}"/>`,
    author(),
    `<g transform="translate(${left} 48)">${drawn.svg}</g>`,
    `<g transform="translate(${left} ${buttonsAt})">${buttons(body)}</g>`,
    '</svg>',
    '',
  ].join('\n');
}

function author(): string {
  const gavel =
    '<g transform="translate(36 36) rotate(-40)" fill="#fff"><rect x="-9" y="-8" width="18" height="10" rx="2"/><rect x="-2" y="2" width="4" height="13" rx="2"/></g>';
  return [
    `<circle cx="36" cy="36" r="20" fill="${colours.blurple}"/>${gavel}`,
    `<text x="${left}" y="32" font-size="16" font-weight="500" fill="${colours.name}">Gavel</text>`,
    `<rect x="120" y="19" width="32" height="16" rx="4" fill="${colours.blurple}"/>`,
    `<text x="136" y="31" font-size="11" font-weight="600" text-anchor="middle" fill="#fff">APP</text>`,
    `<text x="160" y="32" font-size="12" fill="${colours.quiet}">Today at 18:42</text>`,
  ].join('\n');
}

function embedSvg(embed: APIEmbed, users: Readonly<Record<string, string>>): { svg: string; height: number } {
  const parts: string[] = [];
  let y = padding;
  const line = (x: number, text: string, style: Style, height = lineHeight) => {
    parts.push(textLine(x, y + height - 6, text, style, users));
    y += height;
  };
  if (embed.title) line(padding, embed.title, { size: 16, weight: 600, fill: colours.name }, 24);
  y += 4;
  for (const text of (embed.description ?? '').split('\n')) {
    const style = { size: 14, weight: 400, fill: '#dbdee1' };
    if (text === '') y += lineHeight / 2;
    for (const wrapped of wrap(text, embedWidth - 2 * padding, style.size)) line(padding, wrapped, style);
  }
  y += 8;
  const fields = embed.fields ?? [];
  for (let from = 0; from < fields.length; from += fieldsPerRow) {
    const top = y;
    fields.slice(from, from + fieldsPerRow).forEach((field, column) => {
      const x = padding + column * ((embedWidth - 2 * padding) / fieldsPerRow);
      y = top;
      line(x, field.name, { size: 14, weight: 600, fill: colours.name });
      line(x, field.value, { size: 14, weight: 400, fill: '#dbdee1' });
    });
    y += 8;
  }
  const height = y + padding - 8;
  const colour = `#${(embed.color ?? 0x1e1f22).toString(16).padStart(6, '0')}`;
  const box = [
    `<clipPath id="embed"><rect width="${embedWidth}" height="${height}" rx="4"/></clipPath>`,
    `<g clip-path="url(#embed)"><rect width="${embedWidth}" height="${height}" fill="${colours.embed}"/>`,
    `<rect width="4" height="${height}" fill="${colour}"/></g>`,
  ];
  return { svg: [...box, ...parts].join('\n'), height };
}

function wrap(text: string, room: number, size: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer, size) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return text === '' ? [] : lines;
}

function buttons(body: MessageBody): string {
  let x = 0;
  const all = (body.components ?? []).flatMap((row) => row.components);
  return all
    .filter((one): one is APIButtonComponentWithCustomId => one.type === ComponentType.Button)
    .map(({ label = '', style, disabled }) => {
      const room = Math.round(widthOf(label, 14)) + 32;
      const svg = [
        `<g transform="translate(${x} 0)"${disabled ? ' opacity="0.5"' : ''}>`,
        `<rect width="${room}" height="32" rx="4" fill="${buttonColours[style]}"/>`,
        `<text x="${room / 2}" y="21" font-size="14" font-weight="500" text-anchor="middle" fill="#fff">${label}</text></g>`,
      ];
      x += room + 8;
      return svg.join('');
    })
    .join('\n');
}
