import { setTimeout as sleep } from 'node:timers/promises';
import type { OptionValues } from '../../people/slash-data.ts';
import { componentType, flatten } from '../../world/component.ts';
import { callbackType } from '../../world/interaction.ts';
import type { SandboxMessage } from '../../world/message.ts';
import { resultOf } from '../stage/counts.ts';
import { insist } from './insist.ts';
import type { KnownPoll } from './model.ts';
import type { Random } from './random.ts';
import type { Stand } from './stand.ts';

const resultMs = 150_000;

/** Runs an operation over these polls from its command to its end, with whatever people do to one on the way. */
export async function runOperation(stand: Stand, polls: readonly KnownPoll[]): Promise<void> {
  const { random } = stand;
  const { command, options } = anyKind(random);
  const numbers = polls.map(({ id }) => id).join(',');
  if (options.to === 'active') {
    for (const poll of polls) if (poll.pings !== null) poll.pings += 1;
  }
  const operation = await begin(stand, command, { ...options, polls: numbers });
  if (operation === null) return;
  const word = await followUp(stand, operation);
  if (word === 'completed with failures' && random.chance(0.7)) {
    const retry = await command_(stand, 'retry', operation);
    if (retry !== null) await untilEnded(stand, retry);
  }
  if (word !== 'cancelled' && random.chance(0.5)) {
    const undo = await begin(stand, 'undo', { operation });
    if (undo !== null) await followUp(stand, undo);
  }
}

function anyKind(random: Random): { command: string; options: OptionValues } {
  return random.pick<{ command: string; options: OptionValues }>([
    { command: 'close', options: { notify: random.chance(0.5) } },
    { command: 'close', options: {} },
    { command: 'delete', options: {} },
    { command: 'reopen', options: { closes: '30d', reset_votes: random.chance(0.5) } },
    { command: 'status', options: { to: 'active', closes: '30d' } },
    { command: 'status', options: { to: 'scheduled', opens: '10d', closes: '30d' } },
    { command: 'status', options: { to: 'closed' } },
    { command: 'settings', options: { timezone: random.pick(['Europe/Berlin', 'Asia/Tokyo', 'UTC']) } },
    { command: 'settings', options: { anonymous: true, max_choices: random.whole(1, 3) } },
  ]);
}

/** From the command to a confirmed operation; null if there is nothing to change. */
async function begin(stand: Stand, command: string, options: OptionValues): Promise<number | null> {
  const { admin, office } = stand;
  const preview = await insist(
    stand,
    `/bulk ${command}`,
    () => admin.slash(office, `bulk ${command}`, options),
    (message) => message,
  );
  const customId = preview.button('Confirm')?.custom_id;
  if (customId === undefined) return null;
  return await insist(
    stand,
    `confirm ${customId}`,
    async () => {
      const reply = await admin.pressCustomId(preview, customId);
      if (reply.type !== callbackType.modal) return reply;
      const { components } = await reply.modal();
      const field = flatten(components).find(({ type }) => type === componentType.textInput);
      return await admin.submit(reply, field?.placeholder ?? '');
    },
    ({ text }) => {
      // The number was given with the preview, and the answer names it.
      const id = Number(customId.split(':')[1]);
      return new RegExp(`#${id}\\b`).test(text) ? id : null;
    },
  );
}

/** Sometimes pauses, sometimes cancels. Returns the result word in the end. */
async function followUp(stand: Stand, operation: number): Promise<string> {
  const { random } = stand;
  if (random.chance(0.25)) {
    await sleep(random.whole(0, 400));
    await pressControl(stand, operation, 'Pause');
    await sleep(random.whole(100, 1500));
    if (random.chance(0.3)) await command_(stand, 'cancel', operation);
    else await pressControl(stand, operation, 'Resume');
  } else if (random.chance(0.3)) {
    await sleep(random.whole(0, 1500));
    await command_(stand, 'cancel', operation);
  }
  return await untilEnded(stand, operation);
}

async function pressControl(stand: Stand, operation: number, label: string): Promise<void> {
  const progress = await progressOf(stand, operation);
  await insist(
    stand,
    `${label} of operation ${operation}`,
    () => stand.admin.pressCustomId(progress, `${label.toLowerCase()}:${operation}`),
    () => true,
  );
}

/** Runs `/bulk retry` or `/bulk cancel`. Returns the number of a new operation, if there is one. */
async function command_(stand: Stand, command: string, operation: number): Promise<number | null> {
  const started = await insist(
    stand,
    `/bulk ${command} ${operation}`,
    () => stand.admin.slash(stand.office, `bulk ${command}`, { operation }),
    ({ text }) => ({ id: Number(/Operation #(\d+)/.exec(text)?.[1] ?? 0) }),
  );
  return started.id === operation || started.id === 0 ? null : started.id;
}

async function untilEnded(stand: Stand, operation: number): Promise<string> {
  const progress = await progressOf(stand, operation);
  await progress.until((message) => resultOf(message) !== null, resultMs);
  return resultOf(progress)!;
}

async function progressOf(stand: Stand, operation: number): Promise<SandboxMessage> {
  const title = new RegExp(`Operation #${operation}\\b`);
  return await stand.office.until(
    (message) => title.test(message.embeds[0]?.title ?? '') && message.field('Waiting') !== undefined,
    resultMs,
  );
}
