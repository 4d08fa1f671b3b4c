import type { SandboxMessage } from '../../world/message.ts';
import { committedIn, countsOf } from '../stage/counts.ts';
import type { Stage } from '../stage/stage.ts';
import { drawMessage } from './draw-message.ts';
import type { Screen } from './screen.ts';

/** Shows a progress message as it is and at each edit, with `beside` below it. Ends with what it returns. */
export function watchProgress(
  { names }: Pick<Stage, 'names'>,
  screen: Screen,
  progress: SandboxMessage,
  beside: () => string,
): () => void {
  const begun = progress.versions[0]!.at;
  const draw = () => {
    const picture = drawMessage(progress, names, screen.width);
    if (beside() !== '') picture.push('', beside());
    screen.draw(picture, inOneLine(progress, progress.versions.at(-1)!.at - begun));
  };
  draw();
  const forget = progress.changed.listen(draw);
  // Votes are refused between two edits, too.
  const timer = setInterval(draw, 500);
  return () => {
    clearInterval(timer);
    forget();
    draw();
    screen.keep();
  };
}

function inOneLine(progress: SandboxMessage, elapsedMs: number): string {
  const { done, failed, skipped, waiting } = countsOf(progress);
  const committed = committedIn(progress);
  const halves = committed ? ` · closed ${committed.committed} of ${committed.of}` : '';
  const figures = `done ${done} · failed ${failed} · skipped ${skipped} · waiting ${waiting}`;
  return `${String(Math.round(elapsedMs / 1000)).padStart(3)} s  ${figures}${halves}`;
}
