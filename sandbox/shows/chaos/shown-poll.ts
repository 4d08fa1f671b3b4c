import type { Sandbox } from '../../sandbox.ts';
import type { SandboxMessage } from '../../world/message.ts';

/** The number of the poll that a message shows; 0: none. */
export function pollOf(message: SandboxMessage): number {
  const button = message.buttons.find(({ custom_id }) => custom_id?.startsWith('vote:'));
  const footer = /^#(\d+) · (?:scheduled|active|closed)\b/.exec(message.embeds[0]?.footer?.text ?? '');
  return Number(button?.custom_id?.split(':')[1] ?? footer?.[1] ?? 0);
}

/** The message that shows a poll now; undefined: none. */
export function messageOf(sandbox: Sandbox, pollId: number): SandboxMessage | undefined {
  return sandbox.messages.find((message) => pollOf(message) === pollId);
}
