import { type APIGatewayBotInfo, type Client, Routes } from 'discord.js';
import { CannotStart } from '../../base/errors.ts';
import { type PatienceParts, patiently } from '../../base/patience.ts';
import { discordHiccup } from './discord-hiccup.ts';

/**
 * Makes `client` ask for its gateway again if Discord hiccups, and calls `told` with the first address. By itself
 * discord.js asks once, in the middle of connecting, takes the first error for final, and looks at no answer before
 * it uses it. It gets `CannotStart` if the answer is none of Discord's.
 */
export function askForGateway({ rest }: Client, parts: PatienceParts, told: (url: string) => void): void {
  const get = rest.get.bind(rest);
  let known = false;
  rest.get = async (route, options) => {
    if (route !== Routes.gatewayBot()) return await get(route, options);
    const ask = () => get(route, options).catch(notJson);
    const answer = await patiently('connecting to Discord (DISCORD_API_URL)', ask, discordHiccup, parts);
    if (!isGateway(answer)) {
      throw new CannotStart(
        `Cannot connect to Discord: what answers at ${new URL(rest.options.api).host} (DISCORD_API_URL) is no API of Discord. ` +
          'Leave DISCORD_API_URL unset, or correct it; is there a proxy, or a network that wants a login first?',
      );
    }
    if (!known) told(answer.url);
    known = true;
    return answer;
  };
}

/** Null for an answer that calls itself JSON and is not: it is none of Discord's. */
function notJson(error: unknown): null {
  if (error instanceof SyntaxError) return null;
  throw error;
}

/**
 * Whether it has what discord.js uses without looking
 * (https://discord.com/developers/docs/events/gateway#get-gateway-bot).
 */
function isGateway(answer: unknown): answer is APIGatewayBotInfo {
  if (typeof answer !== 'object' || answer === null) return false;
  const { url, session_start_limit: limit } = answer as Record<string, unknown>;
  const isAddress = typeof url === 'string' && /^(wss?|https?):/.test(url) && URL.canParse(url);
  return isAddress && typeof limit === 'object' && limit !== null;
}
