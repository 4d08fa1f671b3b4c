/** Stands in for the client's modals (Discord's reference, "Modal Submit Data Structure"). */

import { type Component, componentType, flatten, isSelect } from '../world/component.ts';
import type { ModalData } from '../world/interaction.ts';

type Values = string | Readonly<Record<string, string | readonly string[]>>;

/**
 * What the client sends for a modal that was filled in. Throws if the client would not let it be sent, unless forced.
 */
export function filledModal(modal: ModalData, values: Values, force: boolean): object[] {
  const inputs = flatten(modal.components).filter((one) => one.type === componentType.textInput);
  const known = new Set(flatten(modal.components).flatMap((one) => [one.custom_id, one.label]));
  if (typeof values === 'string' && inputs.length !== 1)
    throw new Error(`the modal has ${inputs.length} text fields: name one`);
  if (typeof values !== 'string') {
    const stray = Object.keys(values).find((name) => !known.has(name));
    if (stray)
      throw new Error(`the modal has no field "${stray}"; it has ${[...known].filter(Boolean).join(', ')}`);
  }
  return modal.components.flatMap((top, i) => {
    const id = top.id ?? i + 1;
    if (top.type === componentType.row)
      return [
        {
          type: top.type,
          id,
          components: (top.components ?? []).map((one) => filled(one, top.label, values, force)),
        },
      ];
    if (top.type === componentType.label && top.component)
      return [{ type: top.type, id, component: filled(top.component, top.label, values, force) }];
    return [{ type: top.type, id }];
  });
}

function filled(input: Component, label: string | undefined, values: Values, force: boolean): object {
  const named = typeof values === 'string' ? undefined : values;
  const given = named?.[input.custom_id ?? ''] ?? named?.[input.label ?? label ?? ''];
  const base = { type: input.type, custom_id: input.custom_id, id: input.id ?? 1 };
  if (isSelect(input)) {
    const defaults = (input.options ?? []).filter((option) => option.default).map((option) => option.value);
    return { ...base, values: given === undefined ? defaults : [given].flat() };
  }
  const text = typeof values === 'string' ? values : String(given ?? input.value ?? '');
  const name = input.label ?? label ?? input.custom_id;
  if (!force) {
    if ((input.required ?? true) && text === '') throw new Error(`field "${name}" is required`);
    const [least, most] = [input.min_length ?? 0, input.max_length ?? 4000];
    if (text !== '' && (text.length < least || text.length > most))
      throw new Error(`field "${name}" takes ${least} to ${most} characters`);
  }
  return { ...base, value: text };
}
