import { type Component, isSelect } from '../world/component.ts';
import type { SandboxMessage } from '../world/message.ts';

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
