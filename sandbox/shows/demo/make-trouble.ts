import { styleText } from 'node:util';
import type { CreatedPoll } from '../stage/create-polls.ts';
import type { Stage } from '../stage/stage.ts';
import type { Screen } from './screen.ts';

/** Brings about what goes wrong in real servers. Returns the polls whose messages are gone now. */
export function makeTrouble(
  stage: Stage,
  polls: readonly CreatedPoll[],
  deletions: number,
  screen: Screen,
): CreatedPoll[] {
  const hidden = stage.places.filter((place) => place.hidden);
  for (const { channel } of hidden) stage.sandbox.deny(channel.id);
  const inHidden = hidden.reduce((sum, { count }) => sum + count, 0);
  screen.line(
    `• The bot loses sight of ${hidden.map(({ channel }) => styleText('bold', `#${channel.name}`)).join(' and ')}: ${inHidden} polls are out of its reach.`,
  );

  const hiddenIds = new Set(hidden.map(({ channel }) => channel.id));
  const seen = polls.filter(({ message }) => !hiddenIds.has(message.channelId));
  const gone = Array.from(
    { length: deletions },
    (_, i) => seen[Math.floor(((i + 0.5) / deletions) * seen.length)]!,
  );
  for (const { message } of gone) stage.sandbox.removeMessage(message.id);
  screen.line(`• Somebody deletes ${gone.length} poll messages by hand.`);

  const old = stage.places.filter((place) => (place.old ?? 0) > 0);
  const oldPolls = old.reduce((sum, place) => sum + (place.old ?? 0), 0);
  screen.line(
    `• ${oldPolls} polls in ${old.length} channels are three days old: Discord lets those be edited more slowly still.`,
  );
  return gone;
}
