import { styleText } from 'node:util';
import { type CreatedPoll, createPolls } from '../stage/create-polls.ts';
import type { Stage } from '../stage/stage.ts';
import { vote } from '../stage/voters.ts';
import type { Screen } from './screen.ts';

/** Creates every poll of the layout with `/poll create`, while people vote on some of them. */
export async function makePolls(stage: Stage, screen: Screen): Promise<CreatedPoll[]> {
  const total = stage.places.reduce((sum, { count }) => sum + count, 0);
  const begun = Date.now();
  const votes: Promise<unknown>[] = [];
  let made = 0;
  const show = () => {
    const tenths = Math.floor((made / total) * 10);
    const seconds = Math.round((Date.now() - begun) / 1000);
    const text = `${made} of ${total} polls · ${votes.length} votes · ${seconds} s`;
    // If nothing can be drawn in place, ten lines say it as well.
    const short = `${tenths * 10} %`;
    screen.draw([`${screen.bar(made / total)}  ${text}`], short);
  };
  show();
  const polls = await createPolls(stage.sandbox, stage.places, ({ number, message }) => {
    made += 1;
    if (number % 12 === 0)
      votes.push(vote(stage.voters[votes.length % stage.voters.length]!, message, number));
    show();
  });
  await Promise.all(votes);
  show();
  screen.line();
  screen.line(
    `Each was created by an admin with ${styleText('cyan', '/poll create')}, as fast as Discord lets messages be posted.`,
  );
  return polls;
}
