import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import { customIds } from '../../../src/base/custom-ids/custom-ids.ts';

/** The number of the operation that a preview starts. Throws if nothing can be confirmed. */
export function draftOf(preview: SandboxMessage): number {
  const confirm = customIds.confirm.decode(preview.button('Confirm')?.custom_id ?? '');
  if (confirm === null) throw new Error(`there is no Confirm on: ${preview.text}`);
  return confirm.operation;
}
