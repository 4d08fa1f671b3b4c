import { Routes } from 'discord-api-types/v10';
import type { RestCalls, Route } from '../rest-calls.ts';

/** A sleeping thread could not be opened, or fell asleep again at once. `cause` is what Discord answered. */
export class OpeningRefused extends Error {
  override readonly name = 'OpeningRefused';
}

const archivedThread = 50083;

/**
 * Runs `call` in a channel. In a sleeping thread Discord refuses edits and deletes. Then the thread is opened, which
 * everybody may do who may post there, unless it is locked; and `call` is run once more. The thread stays open:
 * Discord lets it fall asleep again by itself. Throws as `call`, or `OpeningRefused`.
 *
 * Source: Discord's API reference, "Modify Channel" (thread); api-docs PR#2855, PR#3108.
 */
export async function inOpenThread<T>(
  rest: RestCalls,
  channelId: string,
  headers: Record<string, string>,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isAsleep(error)) throw error;
  }
  try {
    const channel = Routes.channel(channelId) as Route;
    await rest.patch(channel, { body: { archived: false }, headers });
  } catch (error) {
    throw new OpeningRefused('the thread could not be opened', { cause: error });
  }
  try {
    return await call();
  } catch (error) {
    if (!isAsleep(error)) throw error;
    throw new OpeningRefused('the thread fell asleep again', { cause: error });
  }
}

export function isAsleep(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === archivedThread;
}
