import { expect } from 'vitest';
import { purge } from '../../src/db/upkeep/purge.ts';
import { closePoll } from '../../src/polls/close-poll-store.ts';
import { everyServer } from '../../src/polls/scope.ts';
import { interactionId } from '../bulk/bulk-fixture.ts';
import { calm, refuseOnce } from './fake-faults.ts';
import type { ModelPoll } from './model.ts';
import { mayBePurged } from './model-operations.ts';
import { onPoll, pick, Step } from './step.ts';

const hourMs = 3_600_000;

export const users = ['900000000000000601', '900000000000000602'];

/** Steps of single polls, and of time. */
export const pollSteps = {
  sweep: (index: number, how: 'done' | 'refused') =>
    onPoll(
      `sweep ${how} `,
      index,
      ({ pinging }) => !pinging,
      async (poll, model, world) => {
        if (how === 'refused') refuseOnce(world);
        const outcome = await world.senders.sweep(poll.id);
        calm(world);
        if (outcome?.type === 'done') model.shown(poll, false);
      },
    ),

  /** The ping of an opening is sent; its answer is under way until `pingLands`. */
  ping: (index: number) =>
    onPoll('ping', index, owesPing, async (poll, model, world) => {
      const outcome = await world.senders.holdPing(poll.id);
      poll.pinging = outcome === 'sent';
      if (poll.pinging || (outcome !== 'sent' && outcome?.type === 'done')) model.shown(poll, false);
    }),

  pingLands: (index: number) =>
    onPoll(
      'pingLands',
      index,
      ({ pinging }) => pinging,
      async (poll, _model, world) => {
        await world.senders.landPing(poll.id);
        poll.pinging = false;
      },
    ),

  removeByHand: (index: number) =>
    onPoll(
      'removeByHand',
      index,
      () => true,
      async (poll, _model, world) => {
        const { message_id } = await world.row(poll.id);
        if (message_id !== null) world.discord.messages.delete(message_id);
      },
    ),

  vote: (poll: number, user: number, option: number) =>
    onPoll(
      `vote ${user} for ${option} in `,
      poll,
      ({ is }) => is.deletedAt === null,
      async (of, model, world) => {
        const wanted = model.vote(of, pick(users, user), option);
        expect((await world.vote(of.id, pick(users, user), option)).type).toBe(wanted);
      },
    ),

  closeOne: (index: number) =>
    onPoll(
      'closeOne',
      index,
      ({ is }) => is.deletedAt === null,
      async (poll, model, world) => {
        const close = closePoll(world.db, everyServer, {
          pollId: poll.id,
          interactionId: interactionId(),
          now: world.date,
        });
        if (poll.heldBy !== null || poll.is.status === 'closed') {
          return await expect(close).rejects.toThrow(poll.heldBy === null ? 'already closed' : 'held by');
        }
        await close;
        model.become(poll, { status: 'closed', closedAt: model.now });
        poll.owed = null;
      },
    ),

  wait: (hours: number) =>
    new Step(
      `wait(${hours})`,
      () => true,
      async (model, world) => {
        model.now += hours * hourMs;
        world.now = model.now;
        await world.schedule();
        model.schedule();
      },
    ),

  purge: () =>
    new Step(
      'purge()',
      () => true,
      async (model, world) => {
        await purge(world.db, world.date, { deletedRetentionDays: 1, historyRetentionDays: 365 });
        const left = new Set((await world.read()).polls.map(({ id }) => id));
        for (const poll of model.polls.values()) {
          if (poll.purged || left.has(poll.id)) continue;
          expect(mayBePurged(model, poll, 24 * hourMs), `poll ${poll.id} was purged`).toBe(true);
          poll.purged = true;
        }
      },
    ),
};

function owesPing({ owed, is, pinging }: ModelPoll): boolean {
  return owed !== null && is.status === 'active' && is.deletedAt === null && !pinging;
}
