import { expect } from 'vitest';
import type { Db } from '../../src/db/schema.ts';
import { renderPoll } from '../../src/polls/message.ts';
import { loadPolls, tallies } from '../../src/polls/poll-store.ts';
import { everyServer } from '../../src/polls/scope.ts';
import { firstRole } from './kinds.ts';
import { type Kind, Model, type ModelPoll, type What } from './model.ts';
import { begun } from './plan-steps.ts';
import { finished } from './run-steps.ts';
import { step } from './steps.ts';
import { World } from './world.ts';

const hourMs = 3_600_000;

/** Three polls: one that has just opened and is still to ping, one that closes in three hours, one that is simply open. */
export async function given(db: Db, kinds: readonly Kind[]): Promise<{ model: Model; real: World }> {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const [model, real] = [new Model(now, kinds), new World(db, now)];
  await real.open();
  const wishes = [
    { opensAt: now + hourMs, closesAt: now + 20 * hourMs, role: firstRole },
    { closesAt: now + 4 * hourMs },
    {},
  ];
  for (const { opensAt = null, closesAt = null, role = null } of wishes) {
    const id = await real.poll({
      ...(opensAt !== null && { opensAt: new Date(opensAt) }),
      ...(closesAt !== null && { closesAt: new Date(closesAt) }),
      ...(role !== null && { pingRoleId: role }),
    });
    const is = {
      ...plain(model.fresh()),
      status: opensAt === null ? 'active' : 'scheduled',
      opensAt,
      closesAt,
      role,
    };
    model.polls.set(id, { ...fresh(id), is: is as What });
  }
  model.now = now + hourMs;
  real.now = model.now;
  await real.schedule();
  model.schedule();
  return { model, real };
}

/** When everything has come to rest, each poll has one message that shows it, and each opening has pinged as often as it was to. */
export async function quiesce(model: Model, world: World): Promise<void> {
  await world.unpark();
  for (const poll of model.polls.values()) if (poll.pinging) await step.pingLands(0).run(model, world);
  for (const operation of model.operations) {
    if (operation.state === 'paused') {
      const paused = model.operations.filter(({ state }) => state === 'paused');
      await step.resume(paused.indexOf(operation)).run(model, world);
    }
    if (operation.state === 'queued') await begun(operation, model, world);
    if (operation.state === 'running') await finished(operation, model, world);
  }
  for (const poll of model.polls.values()) {
    if (!poll.purged) for (let round = 0; round < 3; round++) await sweep(model, world, poll);
  }
  for (const poll of model.polls.values()) if (!poll.purged) await expectShown(world, poll);
  const held = (await world.read()).polls.filter(({ heldBy }) => heldBy !== null);
  expect(held, 'polls that are held when everything has ended').toEqual([]);
}

async function sweep(model: Model, world: World, poll: ModelPoll): Promise<void> {
  const outcome = await world.senders.sweep(poll.id);
  expect(outcome?.type ?? 'done', `poll ${poll.id} is swept`).toBe('done');
  if (outcome) model.shown(poll, false);
}

async function expectShown(world: World, poll: ModelPoll): Promise<void> {
  const { channel_id, message_id, message_gone } = await world.row(poll.id);
  const all = world.messagesOf(channel_id);
  const messages = all.filter(({ isPing }) => !isPing);
  expect(all.length - messages.length, `pings of poll ${poll.id}`).toBe(poll.pinged.size);
  if (poll.is.deletedAt !== null || message_gone) {
    expect(messages, `poll ${poll.id} has no message`).toEqual([]);
    return;
  }
  // What was deleted by hand since is found out with the next edit.
  if (messages.length === 0) return;
  expect(
    messages.map(({ id }) => id),
    `poll ${poll.id} has one message`,
  ).toEqual([message_id]);
  const shown = (await loadPolls(world.db, everyServer, [poll.id])).get(poll.id)!;
  const wanted = renderPoll(shown, (await tallies(world.db, [poll.id])).get(poll.id)!);
  expect(messages[0]!.body, `the message of poll ${poll.id}`).toMatchObject({ embeds: wanted.embeds });
}

function plain(since: number): What {
  return {
    status: 'active',
    since,
    timezone: 'UTC',
    anonymous: false,
    max: 1,
    role: null,
    opensAt: null,
    closesAt: null,
    closedAt: null,
    deletedAt: null,
  };
}

function fresh(id: number): Omit<ModelPoll, 'is'> {
  return { id, votes: [], heldBy: null, owed: null, pinged: new Set(), pinging: false, purged: false };
}
