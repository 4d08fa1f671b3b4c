import { styleText } from 'node:util';
import { countsOf } from '../stage/counts.ts';
import { channelsOf, pollCount } from '../stage/layout.ts';
import type { Stage } from '../stage/stage.ts';
import { type Closing, closeThemAll } from './close-them-all.ts';
import type { DemoLayout } from './layout.ts';
import { makePolls } from './make-polls.ts';
import { makeTrouble } from './make-trouble.ts';
import { retryFailed } from './retry-failed.ts';
import type { Screen } from './screen.ts';
import { type Finding, verdict } from './verdict.ts';

/** Plays the demonstration in a stage just started. Resolves with whether everything held. */
export async function runDemo(stage: Stage, layout: DemoLayout, screen: Screen): Promise<boolean> {
  const channels = channelsOf(layout);
  const total = pollCount(channels);
  screen.heading(1, `${total} polls in ${channels.length} channels of ${layout.servers.length} servers`);
  const polls = await makePolls(stage, screen);

  screen.heading(2, 'What goes wrong in real servers');
  const gone = makeTrouble(stage, polls, layout.deletedByHand, screen);

  screen.heading(3, 'Close them all');
  // From here on requests count: what follows is what the operation costs.
  stage.sandbox.clearLog();
  const closing = await closeThemAll(stage, polls, layout.closedMeanwhile, screen);
  const counts = countsOf(closing.progress);

  screen.heading(4, 'Mend it and retry what failed');
  const retry = await retryFailed(stage, closing.progress, screen);

  screen.heading(5, 'What came of it');
  const findings = verdict(stage, { layout, polls, gone, closing, retry, counts });
  for (const { holds, text } of findings) {
    screen.line(holds ? `${styleText('green', '✓')} ${text}` : styleText('red', `✗ ${text}`));
  }
  screen.line();
  screen.lines(timeLines(closing, total));
  screen.line();
  screen.line(conclusion(findings));
  return findings.every(({ holds }) => holds);
}

function timeLines({ wallMs, minimumMs }: Closing, total: number): string[] {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const factor = styleText('bold', `${(wallMs / minimumMs).toFixed(2)} ×`);
  return [
    `${styleText('bold', seconds(wallMs))} from the confirmation to the result of ${total} polls.`,
    `${seconds(minimumMs)} is the least that Discord's limits allow anybody: ${factor} of that.`,
  ];
}

function conclusion(findings: readonly Finding[]): string {
  const broken = findings.filter(({ holds }) => !holds).length;
  return broken === 0
    ? styleText(['bold', 'green'], 'Everything is as it must be.')
    : styleText(['bold', 'red'], `${broken} of ${findings.length} things are not as they must be.`);
}
