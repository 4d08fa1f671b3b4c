import { expect } from 'vitest';
import type { SandboxMessage } from '../../../sandbox/world/message.ts';
import type { BotScene, CreatedPoll } from '../../support/bot-scene.ts';
import { expectCountsToAddUp, isClosed, isOpen, resultOf } from '../progress-frames.ts';
import { pollEdit } from './crash.ts';

export interface Expected {
  readonly polls: readonly CreatedPoll[];
  /** Of the sandbox' log: what was sent before it is not looked at. */
  readonly since: number;
  /** Default: every poll of the operation. */
  readonly done?: number;
  readonly word?: string;
  /** How often the bot died meanwhile. Default 1. */
  readonly kills?: number;
}

/** Waits for the result, and checks that the operation did everything once, whatever happened on the way. */
export async function expectCarriedOut(
  scene: BotScene,
  operation: number,
  { polls, since, done = polls.length, word = 'completed', kills = 1 }: Expected,
): Promise<SandboxMessage> {
  const progress = await scene.progress(operation);
  const result = await resultOf(progress, 45_000);
  expect(result).toEqual({ word, counts: [done, 0, polls.length - done, 0] });
  expectCountsToAddUp(progress, polls.length);
  expectOneProgressMessage(scene, operation);
  expectShownOnce(scene, polls);
  expectFewRepeats(scene, polls, since, kills);
  expect(polls.filter(({ message }) => isClosed(message))).toHaveLength(done);
  expect(polls.filter(({ message }) => isOpen(message))).toHaveLength(polls.length - done);
  expect(scene.sandbox.violations).toEqual([]);
  return progress;
}

export function expectOneProgressMessage(scene: BotScene, operation: number): void {
  const pattern = new RegExp(`Operation #${operation}\\b`);
  const shown = scene.guild.channels
    .flatMap((channel) => channel.messages)
    .filter((message) => pattern.test(message.embeds[0]?.title ?? ''));
  expect(shown).toHaveLength(1);
}

/** Each poll has one message in all channels, and it is the one it was created with. */
export function expectShownOnce(scene: BotScene, polls: readonly CreatedPoll[]): void {
  const messages = scene.guild.channels.flatMap((channel) => channel.messages);
  for (const { id, message } of polls) {
    const own = messages.filter(
      (one) =>
        one.embeds[0]?.footer?.text?.startsWith(`#${id} `) ||
        one.buttons.some((button) => button.custom_id?.startsWith(`vote:${id}:`)),
    );
    expect(own).toEqual([message]);
  }
}

/** A kill repeats at most one request a lane. */
function expectFewRepeats(
  scene: BotScene,
  polls: readonly CreatedPoll[],
  since: number,
  kills: number,
): void {
  const isEdit = pollEdit(polls);
  const edits = scene.sandbox.requests.slice(since).filter((one) => one.status !== 429 && isEdit(one));
  const repeated = edits.length - new Set(edits.map(({ path }) => path)).size;
  expect(repeated).toBeLessThanOrEqual(scene.guild.channels.length * kills);
}

/** What the database says of each poll; 2 is the version of one that was created and changed once. */
export async function expectVersions(
  scene: BotScene,
  polls: readonly CreatedPoll[],
  expected: { version: number; status: string },
): Promise<void> {
  const ids = polls.map(({ id }) => id);
  const rows = await scene.inDatabase((db) =>
    db
      .selectFrom('polls')
      .select(['id', 'version', 'status', 'held_by', 'revision', 'shown_revision'])
      .where('id', 'in', ids)
      .orderBy('id')
      .execute(),
  );
  expect(rows.map(({ id, version, status, held_by }) => ({ id, version, status, held_by }))).toEqual(
    ids.map((id) => ({ id, ...expected, held_by: null })),
  );
  expect(rows.filter((row) => row.shown_revision < row.revision)).toEqual([]);
}
