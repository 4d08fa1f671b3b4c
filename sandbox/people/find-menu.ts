/** Stands in for the client's menus (Discord's reference, "String Select"). */

import { type Component, componentType, isSelect } from '../world/component.ts';
import type { SandboxMessage } from '../world/message.ts';

/** The menu whose custom id or placeholder begins with this. Throws with the names of those that are there. */
export function findMenu(message: SandboxMessage, name: string): Component {
  const fits = (text: string | undefined) => text?.startsWith(name);
  const found = message.menus.find(
    (menu) => isSelect(menu) && (fits(menu.custom_id) || fits(menu.placeholder)),
  );
  if (found) return found;
  throw new Error(
    `no menu "${name}"; there are: ${message.menus.map((menu) => menu.placeholder ?? menu.custom_id).join(', ')}`,
  );
}

/**
 * What the client sends for these values, given by value or label. Throws if the menu does not offer one, takes fewer or
 * more (Discord's reference, "Select Menu Structure": `min_values`, `max_values`), or is disabled. `force` sends them
 * all the same.
 */
export function chosenValues(menu: Component, values: readonly string[], force: boolean): string[] {
  const chosen = values.map((value) => {
    const option = menu.options?.find((one) => one.value === value || one.label === value);
    if (!option && menu.type === componentType.stringSelect && !force)
      throw new Error(`menu offers no "${value}": ${menu.options?.map((one) => one.label).join(', ')}`);
    return option?.value ?? value;
  });
  const [least, most] = [menu.min_values ?? 1, menu.max_values ?? 1];
  if (!force && (menu.disabled || chosen.length < least || chosen.length > most))
    throw new Error(
      `menu ${menu.custom_id} takes ${least} to ${most} values${menu.disabled ? ', and is disabled' : ''}`,
    );
  return chosen;
}
