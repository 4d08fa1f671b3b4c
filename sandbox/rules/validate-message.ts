import type { APIEmbed } from 'discord-api-types/v10';
import { type Component, componentType, flatten, isSelect } from '../world/component.ts';
import type { AllowedMentions } from '../world/mentions.ts';
import type { Flaw } from './flaw.ts';

/**
 * What Discord refuses in a message beyond its published schema: figures of its reference, "Create Message", "Embed
 * Limits" and "Components".
 */
export function checkMessage(body: object, path: string): Flaw[] {
  const message = body as {
    content?: string | null;
    embeds?: APIEmbed[] | null;
    components?: Component[] | null;
    allowed_mentions?: AllowedMentions | null;
    nonce?: string | number | null;
    enforce_nonce?: boolean | null;
    choices?: { name: string }[];
  };
  const at = (field: string) => (path === '' ? field : `${path}.${field}`);
  const flaws: Flaw[] = [];
  const limit = (field: string, length: number, most: number) => {
    if (length > most) flaws.push({ path: at(field), reason: `must be ${most} or fewer, is ${length}` });
  };
  limit('content', [...(message.content ?? '')].length, 2000);
  limit('nonce', String(message.nonce ?? '').length, 25);
  limit('embeds', message.embeds?.length ?? 0, 10);
  limit(
    'embeds',
    (message.embeds ?? []).reduce((sum, embed) => sum + embedLength(embed), 0),
    6000,
  );
  for (const [i, embed] of (message.embeds ?? []).entries())
    flaws.push(...checkEmbed(embed, at(`embeds.${i}`)));
  flaws.push(...checkAllowedMentions(message.allowed_mentions, at('allowed_mentions')));
  flaws.push(...checkComponents(message.components ?? [], at('components')));
  return flaws;
}

/** A modal: 1–5 components, each with its own custom id, texts within bounds. */
export function checkModal(body: object, path: string): Flaw[] {
  const modal = body as { components?: Component[]; title?: string };
  const components = modal.components ?? [];
  const flaws: Flaw[] = [];
  if (components.length < 1 || components.length > 5)
    flaws.push({ path: `${path}.components`, reason: `must be 1 to 5, are ${components.length}` });
  flaws.push(...checkIds(components, `${path}.components`));
  for (const input of flatten(components)) {
    if (input.type !== componentType.textInput) continue;
    const alone = components.some((row) => row.type === componentType.row && row.components?.includes(input));
    if (alone && !input.label)
      flaws.push({ path: `${path}.components`, reason: `text input ${input.custom_id} has no label` });
  }
  return flaws;
}

function embedLength(embed: APIEmbed): number {
  const texts = [embed.title, embed.description, embed.footer?.text, embed.author?.name];
  for (const field of embed.fields ?? []) texts.push(field.name, field.value);
  return texts.reduce((sum, text) => sum + [...(text ?? '')].length, 0);
}

function checkEmbed(embed: APIEmbed, path: string): Flaw[] {
  const flaws: Flaw[] = [];
  for (const [i, field] of (embed.fields ?? []).entries()) {
    if (!field.name?.trim()) flaws.push({ path: `${path}.fields.${i}.name`, reason: 'must not be empty' });
    if (!field.value?.trim()) flaws.push({ path: `${path}.fields.${i}.value`, reason: 'must not be empty' });
  }
  const shown = embed.title || embed.description || embed.fields?.length || embed.image || embed.thumbnail;
  if (!shown && !embed.footer && !embed.author) flaws.push({ path, reason: 'shows nothing' });
  return flaws;
}

function checkAllowedMentions(allowed: AllowedMentions | null | undefined, path: string): Flaw[] {
  return (['users', 'roles'] as const)
    .filter((kind) => allowed?.parse?.includes(kind) && (allowed[kind]?.length ?? 0) > 0)
    .map((kind) => ({ path, reason: `parse: ["${kind}"] and ${kind}: [ids…] are mutually exclusive` }));
}

function checkComponents(components: readonly Component[], path: string): Flaw[] {
  const flaws = checkIds(components, path);
  const rows = components.filter((component) => component.type === componentType.row);
  if (rows.length > 5) flaws.push({ path, reason: `must be 5 rows or fewer, are ${rows.length}` });
  for (const [i, row] of components.entries()) {
    const inside = row.components ?? [];
    if (row.type !== componentType.row) continue;
    if (inside.length > 5)
      flaws.push({ path: `${path}.${i}`, reason: `must hold 5 or fewer, holds ${inside.length}` });
    if (inside.some(isSelect) && inside.length > 1)
      flaws.push({ path: `${path}.${i}`, reason: 'a menu must be alone in its row' });
  }
  for (const component of flatten(components)) {
    if (component.type === componentType.button) flaws.push(...checkButton(component, path));
    if (isSelect(component)) flaws.push(...checkSelect(component, path));
  }
  return flaws;
}

function checkIds(components: readonly Component[], path: string): Flaw[] {
  const ids = flatten(components).flatMap((component) => component.custom_id ?? []);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  return twice === undefined ? [] : [{ path, reason: `custom id ${twice} is used twice` }];
}

function checkButton(button: Component, path: string): Flaw[] {
  const name = `button "${button.label ?? button.emoji?.name ?? ''}"`;
  if (button.style === 5)
    return button.url && !button.custom_id
      ? []
      : [{ path, reason: `${name}: a link needs a url and no custom id` }];
  const flaws: Flaw[] = [];
  if (!button.custom_id) flaws.push({ path, reason: `${name} has no custom id` });
  if (!button.label && !button.emoji) flaws.push({ path, reason: `${name} has neither label nor emoji` });
  if ((button.label?.length ?? 0) > 80) flaws.push({ path, reason: `${name}: label must be 80 or fewer` });
  return flaws;
}

function checkSelect(menu: Component, path: string): Flaw[] {
  const options = menu.options ?? [];
  const flaws: Flaw[] = [];
  const wrong = (reason: string) => flaws.push({ path, reason: `menu ${menu.custom_id}: ${reason}` });
  if (menu.type === componentType.stringSelect) {
    const values = options.map((option) => option.value);
    if (new Set(values).size < values.length) wrong('holds a value twice');
    const chosen = options.filter((option) => option.default).length;
    if (chosen > (menu.max_values ?? 1)) wrong(`has ${chosen} defaults, more than max_values`);
    if ((menu.max_values ?? 1) > options.length)
      wrong(`max_values ${menu.max_values} exceeds its ${options.length} options`);
  }
  if ((menu.min_values ?? 1) > (menu.max_values ?? 1)) wrong('min_values exceeds max_values');
  return flaws;
}
