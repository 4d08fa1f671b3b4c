import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxChannel } from '../../../sandbox/world/channel.ts';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import type { DumpedPoll, PollRow } from './polls-dump.ts';

/** A poll as it was looked at: its rows, and its message with what that showed then. */
export interface PollState extends DumpedPoll {
  readonly message: SandboxMessage | null;
  readonly picture: Pick<SandboxMessage, 'content' | 'embeds' | 'components'> | null;
}

/**
 * The polls with their messages. Every message must show what the bot renders from the rows, buttons included, deleted
 * polls have none, and nobody else's may stand in these channels.
 */
export function pollStates(
  sandbox: Sandbox,
  channels: readonly SandboxChannel[],
  polls: readonly DumpedPoll[],
): PollState[] {
  const states = polls.map((poll) => {
    const message = sandbox.world.messages.get(poll.row.message_id ?? '') ?? null;
    const { content = '', embeds = [], components = [] } = message ?? {};
    return { ...poll, message, picture: message && { content, embeds, components } };
  });
  expectEach(states, ({ picture, shows }) => [picture, shows]);
  const posted = channels.flatMap(({ messages }) => messages.map(({ id }) => id));
  expect(posted.sort()).toEqual(states.flatMap(({ message }) => message?.id ?? []).sort());
  return states;
}

/** Compares what each of many is with what it has to be; of those that differ the first few are shown. */
export function expectEach<T>(
  all: readonly T[],
  pair: (one: T, index: number) => [is: unknown, wanted: unknown],
) {
  const differing = all.map(pair).filter(([is, wanted]) => !isDeepStrictEqual(is, wanted));
  const few = differing.slice(0, 3);
  expect(few.map(([is]) => is)).toEqual(few.map(([, wanted]) => wanted));
  expect(differing).toHaveLength(0);
}

/** The row after so many more changes, each of which the message shows. */
export function changed(row: PollRow, times: number, columns: Partial<PollRow> = {}): PollRow {
  const revision = row.revision + times;
  return {
    ...row,
    version: row.version + times,
    revision,
    shown_revision: revision,
    sent_revision: revision,
    ...columns,
  };
}
