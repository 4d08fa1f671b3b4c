import { Routes } from 'discord-api-types/v10';
import type { RestCalls } from '../rest-calls.ts';
import { discordFailure } from './discord-outcome.ts';

/** Whether Discord answers at all now. It asks for the bot itself, which changes nothing and concerns no poll. */
export async function discordAnswers(rest: RestCalls): Promise<boolean> {
  try {
    await rest.get(Routes.user());
    return true;
  } catch (error) {
    return discordFailure(error, { channelId: '' }).outcome.type === 'failed';
  }
}
