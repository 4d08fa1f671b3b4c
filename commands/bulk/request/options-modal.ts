import type { ModalSubmitInteraction } from 'discord.js';
import {
  type APIApplicationCommandBasicOption,
  type APIComponentInLabel,
  ApplicationCommandOptionType,
  ComponentType,
  TextInputStyle,
} from 'discord-api-types/v10';
import { discordLimits } from '../../../src/base/display/discord-limits.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { ModalBody } from '../../../src/bot/respond.ts';
import type { OperationKind } from '../../../src/bulk/kinds/operation-kind.ts';
import { operationLimits } from '../../../src/bulk/operation-limits.ts';

/** The field in which several options share one menu of yes and no. */
const sharedMenu = 'switches';

type Fields = Pick<ModalSubmitInteraction['fields'], 'fields'>;
type Option = APIApplicationCommandBasicOption;

/**
 * Asks for the options of a kind, each under its own name, and for the reason if there is room. Nothing is required.
 */
export function optionsModal(kind: OperationKind, customId: string, title: string): ModalBody {
  const { alone, shared } = grouped(kind);
  const fields = alone.map((option) => label(option.name, option.description, component(option)));
  if (shared.length > 0) {
    const choices = shared.flatMap(({ name }) => ['yes', 'no'].map((word) => `${name}: ${word}`));
    fields.push(
      label(sharedMenu, 'What is not chosen stays as it is', menu(sharedMenu, choices, choices.length)),
    );
  }
  if (fields.length < discordLimits.modalFields)
    fields.push(label('reason', 'Why, for the progress message and the audit', text('reason')));
  return { custom_id: customId, title, components: fields };
}

/**
 * What was filled in, by option name, and the reason. Throws `UserError` if a menu says both yes and no, or neither.
 */
export function readOptionsModal(
  kind: OperationKind,
  fields: Fields,
): { readonly values: Record<string, unknown>; readonly reason: string | null } {
  const { alone, shared } = grouped(kind);
  const values: Record<string, unknown> = {};
  for (const option of alone) {
    const [given] = givenIn(fields, option.name);
    if (given !== undefined) values[option.name] = asType(option, given);
  }
  for (const given of shared.length > 0 ? givenIn(fields, sharedMenu) : []) {
    const [name = '', word] = given.split(': ');
    if (!shared.some((option) => option.name === name)) continue;
    if (name in values) throw new UserError(`\`${name}\` cannot be both yes and no. Nothing was changed.`);
    values[name] = asYesOrNo(name, word);
  }
  return { values, reason: givenIn(fields, 'reason')[0] ?? null };
}

/** Each option has a field of its own. If there are too many, those that are yes or no share one. */
function grouped(kind: OperationKind): { alone: readonly Option[]; shared: readonly Option[] } {
  if (kind.options.length <= discordLimits.modalFields) return { alone: kind.options, shared: [] };
  const isSwitch = (option: Option) => option.type === ApplicationCommandOptionType.Boolean;
  return {
    alone: kind.options.filter((option) => !isSwitch(option)),
    shared: kind.options.filter(isSwitch),
  };
}

function component(option: Option): APIComponentInLabel {
  const { name, type } = option;
  if (type === ApplicationCommandOptionType.Boolean) return menu(name, ['yes', 'no'], 1);
  if (type === ApplicationCommandOptionType.Role) {
    return { type: ComponentType.RoleSelect, custom_id: name, min_values: 0, max_values: 1, required: false };
  }
  if (type === ApplicationCommandOptionType.String && option.choices) {
    return menu(
      name,
      option.choices.map((choice) => choice.value),
      1,
    );
  }
  return text(name);
}

function menu(name: string, values: readonly string[], most: number): APIComponentInLabel {
  return {
    type: ComponentType.StringSelect,
    custom_id: name,
    min_values: 0,
    max_values: most,
    required: false,
    options: values.map((value) => ({ label: value, value })),
  };
}

function text(name: string): APIComponentInLabel {
  return {
    type: ComponentType.TextInput,
    custom_id: name,
    style: TextInputStyle.Short,
    required: false,
    max_length: operationLimits.reason,
  };
}

/** `extend_hours` becomes “Extend hours”. */
function label(name: string, description: string, part: APIComponentInLabel) {
  const words = name.replaceAll('_', ' ');
  return {
    type: ComponentType.Label,
    label: `${words[0]!.toUpperCase()}${words.slice(1)}`,
    description,
    component: part,
  } as const;
}

/** What stands in a field; nothing if it was left empty or a forged client left it out. */
function givenIn({ fields }: Fields, name: string): readonly string[] {
  const field = fields.get(name);
  if (field === undefined) return [];
  if ('values' in field) return field.values;
  const typed = 'value' in field ? String(field.value ?? '').trim() : '';
  return typed === '' ? [] : [typed];
}

/**
 * The value as a slash option would have brought it. What is no number stays text, and the kind says what is allowed.
 */
function asType({ name, type }: Option, given: string): unknown {
  switch (type) {
    case ApplicationCommandOptionType.Boolean:
      return asYesOrNo(name, given);
    case ApplicationCommandOptionType.Integer:
    case ApplicationCommandOptionType.Number:
      return /^-?\d+([.,]\d+)?$/.test(given) ? Number(given.replace(',', '.')) : given;
    default:
      return given;
  }
}

/** Only a forged client can say anything else. */
function asYesOrNo(name: string, given: string | undefined): boolean {
  if (given === 'yes' || given === 'no') return given === 'yes';
  throw new UserError(`\`${name}\` must be yes or no. Nothing was changed.`);
}
