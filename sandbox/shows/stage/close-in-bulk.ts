import type { Person } from '../../people/person.ts';
import type { OptionValues } from '../../people/slash-data.ts';
import type { SandboxChannel } from '../../world/channel.ts';
import { componentType, flatten } from '../../world/component.ts';
import { callbackType } from '../../world/interaction.ts';
import type { SandboxMessage } from '../../world/message.ts';
import { resultOf } from './counts.ts';

/** Runs `/bulk close` and resolves with its preview. Throws with what the bot answered instead. */
export async function previewClose(
  admin: Person,
  channel: SandboxChannel,
  options: OptionValues,
): Promise<SandboxMessage> {
  const reply = await admin.slash(channel, 'bulk close', options);
  const preview = await reply.message();
  if (!preview.button('Confirm')) throw new Error(`/bulk close answered: ${preview.text}`);
  return preview;
}

/** Resolves as soon as the preview's `Confirm` can be pressed. */
export function untilConfirmable(preview: SandboxMessage): Promise<SandboxMessage> {
  return preview.until((message) => message.button('Confirm')?.disabled !== true, 30_000);
}

export interface Confirmed {
  /** The operation's progress message. */
  readonly progress: SandboxMessage;
  /** The phrase that had to be typed; null if `Confirm` alone was enough. */
  readonly phrase: string | null;
  /** When the admin pressed or typed last, in Unix milliseconds. */
  readonly at: number;
}

/** Presses `Confirm`, and types the phrase if a modal asks for it. `typed` is called just before the modal is sent. */
export async function confirmClose(
  admin: Person,
  preview: SandboxMessage,
  typed: (phrase: string) => void = () => {},
): Promise<Confirmed> {
  const pressedAt = Date.now();
  const reply = await admin.press(preview, 'Confirm');
  if (reply.type !== callbackType.modal) {
    return { progress: await reply.message(), phrase: null, at: pressedAt };
  }
  const { components } = await reply.modal();
  const phrase = flatten(components).find(({ type }) => type === componentType.textInput)?.placeholder ?? '';
  typed(phrase);
  const at = Date.now();
  const submitted = await admin.submit(reply, phrase);
  return { progress: await submitted.message(), phrase, at };
}

/** Resolves when the operation has its result, with the word that its title gives it. */
export async function untilResult(progress: SandboxMessage, timeoutMs: number): Promise<string> {
  await progress.until((message) => resultOf(message) !== null, timeoutMs);
  return resultOf(progress)!;
}
