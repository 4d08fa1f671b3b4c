import { styleText } from 'node:util';
import type { CreatedPoll } from '../stage/create-polls.ts';
import type { Screen } from './screen.ts';
import type { DemoWorld } from './world.ts';

/** Brings about what goes wrong in real servers. Returns the polls whose messages are gone now. */
export function makeTrouble(
  world: DemoWorld,
  polls: readonly CreatedPoll[],
  deletions: number,
  screen: Screen,
): CreatedPoll[] {
  const hidden = world.places.filter((place) => place.hidden);
  for (const { channel } of hidden) world.sandbox.deny(channel.id);
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
  for (const { message } of gone) world.sandbox.removeMessage(message.id);
  screen.line(`• Somebody deletes ${gone.length} poll messages by hand.`);

  const old = world.places.filter((place) => (place.old ?? 0) > 0);
  const oldPolls = old.reduce((sum, place) => sum + (place.old ?? 0), 0);
  screen.line(
    `• ${oldPolls} polls in ${old.length} channels are three days old: Discord lets those be edited more slowly still.`,
  );
  return gone;
}
