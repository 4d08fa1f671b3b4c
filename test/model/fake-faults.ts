import { lostAnswer, refusal } from '../delivery/fake-discord.ts';
import type { World } from './world.ts';

export function refuseOnce(world: World): void {
  world.discord.before = () => fail(refusal(403, 50001, 'Missing Access'));
}

/** Discord does what is asked, and the answer is lost. Pings are another matter. */
export function loseAnswer(world: World): void {
  world.discord.after = ({ options }) => {
    const body = options.body as { content?: string } | undefined;
    if (!body?.content?.startsWith('<@&')) fail(lostAnswer());
  };
}

export function calm(world: World): void {
  world.discord.before = () => undefined;
  world.discord.after = () => undefined;
}

export function fail(error: Error): never {
  throw error;
}
