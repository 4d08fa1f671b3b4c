import { expect } from 'vitest';
import type { DeliveryJob, FinalOutcome } from '../../../src/delivery/delivery-batch.ts';
import { Pace } from '../../../src/delivery/pace/pace.ts';
import { bump, givenPoll, pollOf } from '../polls.ts';
import { type SandboxDelivery, sandboxDelivery } from '../sandbox-delivery.ts';

/** On a sandbox whose windows are twenty times shorter. `mayBulk`: the bot may manage messages there. */
export async function setUp({ channels = 1, mayBulk = true } = {}): Promise<SandboxDelivery> {
  const how = { pace: new Pace({ gapMs: 1 }), bulkDeletes: mayBulk };
  return await sandboxDelivery(channels, { limits: { scale: 0.05 } }, how);
}

/** Polls that were shown and then deleted, dealt over the channels. `ageMs` of their messages. */
export async function deletedPolls(
  { db, sandbox, channels }: SandboxDelivery,
  count: number,
  ageMs = 0,
): Promise<DeliveryJob[]> {
  sandbox.backdate(ageMs);
  const jobs: DeliveryJob[] = [];
  for (let i = 0; i < count; i += 1) {
    const channelId = channels[i % channels.length]!;
    const message = sandbox.world.addMessage(sandbox.channel(channelId), {
      authorId: sandbox.world.bot.id,
      nonce: null,
      onlyFor: null,
      interactionId: null,
      parts: { ...empty, content: `poll ${i}` },
    });
    const fields = { channel_id: channelId, message_id: message.id, shown_revision: 1 };
    const pollId = await givenPoll(db, fields);
    await bump(db, pollId, { deleted_at: new Date(), sent_revision: 1 });
    jobs.push({ pollId, channelId, messageId: message.id });
  }
  return jobs;
}

const empty = {
  embeds: [],
  components: [],
  attachments: [],
  flags: 0,
  mentions: { everyone: false, users: [], roles: [] },
};

export function remove({ delivery }: SandboxDelivery, jobs: readonly DeliveryJob[]) {
  const outcomes = new Map<number, FinalOutcome>();
  const calls: number[] = [];
  const batch = delivery.startBatch(jobs, {
    repost: false,
    deletes: true,
    settled: async (some, outcome) => {
      calls.push(some.length);
      for (const { pollId } of some) {
        expect(outcomes.has(pollId)).toBe(false);
        outcomes.set(pollId, outcome);
      }
    },
  });
  return { batch, outcomes, calls };
}

export async function removeAll(scene: SandboxDelivery, jobs: readonly DeliveryJob[]) {
  const removing = remove(scene, jobs);
  await removing.batch.finished;
  return removing;
}

export function bulkCalls({ sandbox }: SandboxDelivery) {
  return sandbox.requests.filter(({ path }) => path.endsWith('/bulk-delete'));
}

export function singles({ sandbox }: SandboxDelivery) {
  return sandbox.requests.filter(({ method }) => method === 'DELETE');
}

export async function expectAllGone(
  scene: SandboxDelivery,
  jobs: readonly DeliveryJob[],
  outcomes: Map<number, FinalOutcome>,
) {
  expect([...outcomes.values()].filter(({ type }) => type !== 'done')).toEqual([]);
  expect(outcomes.size).toBe(jobs.length);
  expect(scene.sandbox.messages).toEqual([]);
  expect(scene.sandbox.violations).toEqual([]);
  for (const { pollId } of jobs) {
    const { message_id, shown_revision, revision, sent_revision, sender, message_gone, removal_tried } =
      await pollOf(scene.db, pollId);
    expect({ message_id, shown_revision, sender, message_gone, removal_tried, sent_revision }).toEqual({
      message_id: null,
      shown_revision: revision,
      sent_revision: revision,
      sender: null,
      message_gone: false,
      removal_tried: false,
    });
  }
}
