import type { Clock } from '../../base/clock.ts';
import { discordLimits } from '../../base/display/discord-limits.ts';
import type { Logger } from '../../base/log.ts';
import { within } from '../../base/within.ts';
import { plainLabel } from '../../polls/text.ts';
import type { Choice } from '../handlers.ts';

const withinMs = 2000;

/** What `complete` suggests, within Discord's limits; nothing if it fails or takes too long. */
export async function suggestions(
  complete: () => Promise<readonly Choice[]>,
  clock: Clock,
  log: Logger,
): Promise<Choice[]> {
  const found = complete().catch((error: unknown): Choice[] => {
    log.warn({ err: error }, 'autocomplete failed');
    return [];
  });
  const choices = await within(clock, withinMs, found, []);
  return choices
    .map(({ name, value }) => ({ name: plainLabel(name, discordLimits.choiceText).trim(), value }))
    .filter(({ name, value }) => name !== '' && String(value).length <= discordLimits.choiceText)
    .slice(0, discordLimits.choices);
}
