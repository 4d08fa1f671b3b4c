import type { SandboxMessage } from '../../world/message.ts';
import { untilResult } from '../stage/close-in-bulk.ts';
import type { Stage } from '../stage/stage.ts';
import type { Screen } from './screen.ts';
import { watchProgress } from './watch-progress.ts';

/** Mends what was broken and presses `Retry failed`. Resolves with the retry's progress message and result. */
export async function retryFailed(
  stage: Stage,
  failed: SandboxMessage,
  screen: Screen,
): Promise<{ progress: SandboxMessage; result: string }> {
  const hidden = stage.places.filter((place) => place.hidden);
  for (const { channel } of hidden) stage.sandbox.allow(channel.id);
  screen.line(`The bot may see ${hidden.map(({ channel }) => `#${channel.name}`).join(' and ')} again.`);
  screen.deed('Ada', `presses ${failed.button('Retry failed')?.label ?? 'Retry failed'}`);
  screen.line();
  const reply = await stage.ada.press(failed, 'Retry failed');
  const progress = await reply.message();
  const stopWatching = watchProgress(stage, screen, progress, () => '');
  const result = await untilResult(progress, 60_000);
  stopWatching();
  return { progress, result };
}
