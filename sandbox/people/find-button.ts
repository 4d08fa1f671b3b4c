/** Stands in for the client's buttons (Discord's reference, "Button Structure"). */

import type { SandboxMessage } from '../world/message.ts';

/**
 * The custom id of the button whose label begins with this. Throws if there is none, or if it is disabled: Discord's
 * client greys such a button out. `force` presses it all the same.
 */
export function findButton(message: SandboxMessage, label: string, force: boolean): string {
  const button = message.button(label);
  if (!button?.custom_id) {
    const labels = message.buttons.map(
      (one) => `${one.label ?? one.emoji?.name}${one.disabled ? ' (disabled)' : ''}`,
    );
    throw new Error(`no button "${label}"; there are: ${labels.join(', ') || 'none'}`);
  }
  if (button.disabled && !force) throw new Error(`button "${button.label}" is disabled`);
  return button.custom_id;
}
