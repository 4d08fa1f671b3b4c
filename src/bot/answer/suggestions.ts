import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { plainLabel } from '../../polls/text.ts';
import type { Choice } from '../handlers.ts';

const withinMs = 2000;
/** Discord's limits for autocomplete. */
const most = 25;
const longest = 100;

/** What `complete` suggests, in Discord's limits; nothing where it fails or takes too long. */
export async function suggestions(
  complete: () => Promise<readonly Choice[]>,
  clock: Clock,
  log: Logger,
): Promise<Choice[]> {
  const done = new AbortController();
  const found = complete()
    .catch((error: unknown): Choice[] => {
      log.warn({ err: error }, 'autocomplete failed');
      return [];
    })
    .finally(() => done.abort());
  const tooLong = clock.sleep(withinMs, done.signal).then(() => (done.signal.aborted ? found : []));
  const choices = await Promise.race([found, tooLong]);
  return choices
    .map(({ name, value }) => ({ name: plainLabel(name, longest).trim(), value }))
    .filter(({ name, value }) => name !== '' && String(value).length <= longest)
    .slice(0, most);
}
