import { sql } from 'kysely';
import type { RequestRecord } from '../../../sandbox/wire/request-record.ts';
import type { BotScene, CreatedPoll } from '../../support/bot-scene.ts';

/** Which requests of the bot: a predicate over the sandbox's log. */
export type Match = (request: RequestRecord) => boolean;

/** An edit of one of these polls' messages. */
export function pollEdit(polls: readonly CreatedPoll[]): Match {
  const ids = new Set(polls.map(({ message }) => message.id));
  return ({ method, path }) => method === 'PATCH' && ids.has(path.split('/').at(-1) ?? '');
}

/** The first response to an interaction that posts a message. After a press on `Confirm` that is a progress message. */
export const progressPost: Match = ({ route, body }) =>
  route === '/interactions/:interaction/:token/callback' && (body as { type?: number }).type === 4;

/** The POST of a poll's message, or of anything else that the bot posts as itself. */
export const channelPost: Match = ({ method, route }) =>
  method === 'POST' && route === '/channels/:channel/messages';

/** Every request that carries the bot's own token to a channel. */
export const asBot: Match = ({ path }) => path.startsWith('/channels/');

/** An edit of a progress message, by token or as the bot, whose title says this. */
export function progressEdit(title: RegExp): Match {
  return ({ method, body }) =>
    method === 'PATCH' &&
    title.test((body as { embeds?: { title?: string }[] } | undefined)?.embeds?.[0]?.title ?? '');
}

/**
 * Kills the scene's present process with SIGKILL at the `nth` fitting request. `before`: Discord never sees that
 * request. `after`: Discord has carried it out and nobody hears of it. Resolves once the process is dead.
 */
export function killAt(
  scene: BotScene,
  match: Match,
  { nth = 1, when }: { nth?: number; when: 'before' | 'after' },
): Promise<void> {
  const victim = scene.bot;
  return new Promise((resolve) => {
    scene.sandbox.faults.add({
      match,
      skip: nth - 1,
      times: 1,
      ...(when === 'before' ? { loseRequest: true } : { loseReply: true }),
      [when]: async () => {
        await victim.kill('SIGKILL');
        resolve();
      },
    });
  });
}

/** Starts the bot again after a kill, on a server's database as if the dead process' leases and claims had run out. */
export async function comeBack(scene: BotScene): Promise<void> {
  scene.sandbox.faults.clear();
  if (scene.env.DATABASE_URL) await letLeasesRunOut(scene);
  await scene.start();
}

/** Lets half a minute pass for everybody who holds something. */
export async function letLeasesRunOut(scene: BotScene): Promise<void> {
  await scene.inDatabase(async (db) => {
    await sql`update operations set lease_until = now() - interval '1 second' where lease_until is not null`.execute(
      db,
    );
    await sql`update polls set sender_until = now() - interval '1 second' where sender is not null`.execute(
      db,
    );
  });
}
